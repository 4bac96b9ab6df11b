import type { Command } from "./command.ts"

/** Each command is loaded when it is used, so that `record inspect` does not pay for a whole node. */
const commands: Readonly<Record<string, { readonly summary: string; load(): Promise<Command> }>> = {
  start: { summary: "start your Tessera and open it in the browser", load: async () => (await import("./commands/start.ts")).start },
  serve: { summary: "run a Mosaic server for others", load: async () => (await import("./commands/serve.ts")).serve },
  host: {
    summary: "manage a running server: members, invites, bans, moderation",
    load: async () => (await import("./commands/host.ts")).host,
  },
  card: { summary: "print your card, the link by which others find you", load: async () => (await import("./commands/card.ts")).card },
  follow: { summary: "follow the owner of a card", load: async () => (await import("./commands/follow.ts")).follow },
  note: { summary: "write a note", load: async () => (await import("./commands/note.ts")).note },
  timeline: { summary: "print your timeline", load: async () => (await import("./commands/timeline.ts")).timeline },
  conformance: {
    summary: "try the rules of the specification with a Mosaic server",
    load: async () => (await import("./commands/conformance.ts")).conformance,
  },
  doctor: {
    summary: "show what a server or a person looks like from outside",
    load: async () => (await import("./commands/doctor.ts")).doctor,
  },
  record: { summary: "look into Mosaic records: inspect, verify", load: async () => (await import("./commands/record.ts")).record },
  key: { summary: "make and keep Mosaic keys: new, show, encrypt, decrypt", load: async () => (await import("./commands/key.ts")).key },
}

export const commandNames: readonly string[] = Object.keys(commands)

export async function loadCommand(name: string): Promise<Command> {
  const entry = commands[name]
  if (entry === undefined) throw new RangeError(`no command ${name}`)
  return await entry.load()
}

export const overview = `Tessera: your own tile of the social web.

Usage: tessera COMMAND [options]

${Object.entries(commands)
  .map(([name, { summary }]) => `  ${name.padEnd(11)} ${summary}`)
  .join("\n")}

  tessera COMMAND --help     all about one command
  tessera --version          the version

With --json, standard output holds one JSON value a line and nothing else.
Exit codes: 0 done; 1 refused, invalid or failed; 2 wrong usage.`
