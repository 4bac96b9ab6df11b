import { NOTE_LIMIT, type Note, PATHS } from "@tessera/node/api"
import { type Command, textOption, UsageError } from "../command.ts"
import { readSmallInput } from "../input.ts"
import { nodeOptions, nodeOptionsHelp, withNode } from "../node-client.ts"

export const note: Command = {
  help: `tessera note [--data DIR] [--reply-to ADDRESS] [--json] TEXT|-

Writes a note of up to ${NOTE_LIMIT} characters; - takes the text from standard input. Prints the note's address when it is on disk.

  --reply-to ADDRESS    answer the note of that address (moref0…, as \`tessera timeline --json\` prints it)
${nodeOptionsHelp}`,
  options: { ...nodeOptions, "reply-to": { type: "string" } },
  async run(invocation) {
    const { output, words } = invocation
    const [given, ...rest] = words
    if (given === undefined || rest.length > 0) throw new UsageError("Give the text as one word (in quotes), or - for standard input.")
    const text =
      given === "-"
        ? Buffer.from(await readSmallInput("-", 8 * NOTE_LIMIT))
            .toString("utf8")
            .replace(/\r?\n$/, "")
        : given
    const replyTo = textOption(invocation, "reply-to")
    await withNode(invocation, async (ask) => {
      const written = await ask<Note>("POST", PATHS.notes, { text, ...(replyTo === undefined ? {} : { replyTo }) })
      if (output.json) output.value(written)
      else output.line(written.address)
    })
    return 0
  },
}
