import { type Note, PATHS, type TimelinePage } from "@tessera/node/api"
import { type Command, numberOption, textOption, UsageError } from "../command.ts"
import { nodeOptions, nodeOptionsHelp, withNode } from "../node-client.ts"

function plain(note: Note): string {
  const time = new Date(note.createdAt).toISOString().slice(0, 16).replace("T", " ")
  const edited = note.editedAt === undefined ? "" : " (edited)"
  const text = note.parts.map((part) => part.text).join("")
  return `${note.author.label}, ${time}${edited}\n${text.replace(/^/gm, "  ")}\n`
}

/** Control characters of others must not reach the terminal. */
function printable(text: string): string {
  return text.replace(/(?!\n)\p{Cc}/gu, "\ufffd")
}

export const timeline: Command = {
  help: `tessera timeline [--data DIR] [--limit N] [--before CURSOR] [--json]

Prints your timeline, newest first: as text, or with --json one note a line and, when there are older ones, {"next":"CURSOR"}.

  --limit N             how many notes, 1 to 100 (50 when not given)
  --before CURSOR       go on where an earlier page ended
${nodeOptionsHelp}`,
  options: { ...nodeOptions, limit: { type: "string" }, before: { type: "string" } },
  async run(invocation) {
    const { output, words } = invocation
    if (words.length > 0) throw new UsageError("timeline takes no further words.")
    const query = new URLSearchParams()
    const limit = numberOption(invocation, "limit", 1, 100)
    const before = textOption(invocation, "before")
    if (limit !== undefined) query.set("limit", String(limit))
    if (before !== undefined) query.set("before", before)
    await withNode(invocation, async (ask) => {
      const page = await ask<TimelinePage>("GET", `${PATHS.timeline}?${query.toString()}`)
      for (const note of page.notes) {
        if (output.json) output.value(note)
        else output.line(printable(plain(note)))
      }
      if (page.next === undefined) return
      if (output.json) output.value({ next: page.next })
      else output.line(`Older notes: tessera timeline --before ${page.next}`)
    })
    return 0
  },
}
