import { resolve } from "node:path"
import { type Command, type Invocation, UsageError, numberOption, textOption } from "../command.ts"
import { controlPathOf } from "../control-path.ts"
import type { HostRequest } from "../host/host-actions.ts"
import { askHost } from "../host/host-socket.ts"

interface Act {
  /** How the word after it is called in a request; absent when there is none. */
  readonly word?: string
  /** The options that it takes. */
  readonly takes?: readonly ("for" | "uses")[]
}

const ACTS: Readonly<Record<string, Readonly<Record<string, Act>>>> = {
  members: { list: {}, add: { word: "key" }, remove: { word: "key" } },
  requests: { list: {}, accept: { word: "key" }, refuse: { word: "key" } },
  invites: { list: {}, new: { takes: ["uses", "for"] }, revoke: { word: "code" } },
  bans: { list: {}, add: { word: "subject", takes: ["for"] }, remove: { word: "subject" } },
  held: { list: {}, approve: { word: "id" }, reject: { word: "id" } },
}

const UNITS: Readonly<Record<string, number>> = { m: 60, h: 3_600, d: 86_400 }

function readDuration(text: string): number {
  const [, count, unit = ""] = /^(\d{1,6})([mhd])$/.exec(text) ?? []
  const seconds = Number(count) * (UNITS[unit] ?? 0)
  if (!(seconds > 0)) throw new UsageError(`--for takes a time such as 30m, 12h or 7d, not "${text}".`)
  return seconds
}

function readRequest(invocation: Invocation, name: string, { word, takes = [] }: Act, words: readonly string[]): HostRequest {
  if (words.length !== (word === undefined ? 0 : 1))
    throw new UsageError(word === undefined ? `${name} takes no more words.` : `Say which one: tessera host ${name} ${word.toUpperCase()}.`)
  const request: Record<string, unknown> = {}
  if (word !== undefined) request[word] = words[0]
  const time = textOption(invocation, "for")
  const uses = numberOption(invocation, "uses", 1, 1_000_000)
  for (const [option, value] of [["for", time] as const, ["uses", uses] as const])
    if (value !== undefined && !takes.includes(option)) throw new UsageError(`${name} takes no --${option}.`)
  if (time !== undefined) request["seconds"] = readDuration(time)
  if (uses !== undefined) request["uses"] = uses
  return request
}

/** One line for people: what matters most stands first. */
function printLine(invocation: Invocation, value: unknown): void {
  const fields = typeof value === "object" && value !== null ? Object.entries(value) : []
  // What strangers wrote must not move the cursor or colour the screen.
  const shown = fields.map(([name, each]) =>
    name === "key" || name === "subject" || name === "code" || name === "id" ? String(each) : `${name}: ${JSON.stringify(each)}`,
  )
  invocation.output.line(shown.join("  "))
}

export const host: Command = {
  help: `tessera host members  list | add KEY | remove KEY            --data DIR [--json]
tessera host requests list | accept KEY | refuse KEY         who asks to be a member (serve --admission request)
tessera host invites  list | new [--uses N] [--for TIME] | revoke CODE
tessera host bans     list | add WHO [--for TIME] | remove WHO
tessera host held     list | approve ID | reject ID          what waits for your yes (serve --moderate)

Manages the server that \`tessera serve\` runs on a folder. What you say takes effect at once, on open connections too, and stays when the server
is started again.

  --data DIR    the server's folder
  KEY           a person's key (mopub0…)
  WHO           a key, an address, or a range: 192.0.2.7, 10.0.0.0/8, 2001:db8::/32. An IPv6 address alone means its /64
  --for TIME    how long it holds: 30m, 12h, 7d; for good when not given
  --uses N      how many people the code admits (1 when not given)
  --json        print JSON: one value a line`,
  options: { data: { type: "string" }, for: { type: "string" }, uses: { type: "string" } },
  async run(invocation) {
    const folder = textOption(invocation, "data")
    if (folder === undefined) throw new UsageError("Name the server's folder with --data DIR.")
    const [topic = "", verb = "", ...words] = invocation.words
    const acts = Object.hasOwn(ACTS, topic) ? ACTS[topic] : undefined
    if (acts === undefined) throw new UsageError(`Say what about: ${Object.keys(ACTS).join(", ")}.`)
    const act = Object.hasOwn(acts, verb) ? acts[verb] : undefined
    if (act === undefined) throw new UsageError(`Say what to do with ${topic}: ${Object.keys(acts).join(", ")}.`)
    const request = readRequest(invocation, `${topic} ${verb}`, act, words)
    const answer = await askHost<unknown>(controlPathOf(resolve(folder), "host"), `${topic}/${verb}`, request)
    for (const value of Array.isArray(answer) ? (answer as readonly unknown[]) : [answer]) {
      if (invocation.output.json) invocation.output.value(value)
      else printLine(invocation, value)
    }
    return 0
  },
}
