import { type MosaicUrl, parseMosaicUrl, parseServerKey, parseUserKey, type PublicKey } from "@tessera/mosaic"
import { MainlineDht, PUBLIC_DHT_NODES } from "@tessera/mosaic-client/dht"
import { type Command, type Invocation, isSet, numberOption, textOption, textOptions, UsageError } from "../command.ts"
import { readDhtNode } from "../dht-node.ts"
import type { Finding, Findings, Judgement } from "../doctor/finding.ts"
import { examinePerson } from "../doctor/person.ts"
import { examineServer, type ExamineOptions } from "../doctor/server.ts"
import { readable } from "../readable.ts"
import { readSecretKeyInput } from "../secret-key-input.ts"

const TIMEOUT_S = 5

const WORDS: Readonly<Record<Judgement, string>> = { well: "well", note: "note", wrong: "WRONG", unknown: "?" }

const readUrl = (text: string): MosaicUrl => readable("URL of a Mosaic server (mosaictcp://… or mosaicwss://…)", text, parseMosaicUrl)

/** The DHT, when the person allows it: the public one, or nodes of their own. */
async function openDht(invocation: Invocation): Promise<MainlineDht | undefined> {
  const named = textOptions(invocation, "dht-bootstrap").map(readDhtNode)
  if (named.length === 0 && !isSet(invocation, "dht")) return undefined
  return MainlineDht.open({ nodes: named.length === 0 ? PUBLIC_DHT_NODES : named })
}

/** What is to be looked at, and how. */
function choose(invocation: Invocation, options: ExamineOptions): Findings {
  const [subject, ...rest] = invocation.words
  if (subject === undefined || rest.length > 0)
    throw new UsageError("Name one server by its URL or key (mosrv0…), or one person by their key (mopub0…).")
  const urls = textOptions(invocation, "server").map(readUrl)
  if (subject.startsWith("mopub0")) {
    const key = readable("person's key", subject, parseUserKey)
    if (options.as !== undefined || options.member !== undefined) throw new UsageError("--as and --member are for servers.")
    if (options.dht === undefined && urls.length === 0)
      throw new UsageError("Which servers a person has stands in the DHT: allow it with --dht, or name some with --server URL.")
    return examinePerson({ key, urls }, options)
  }
  if (subject.startsWith("mosrv0")) {
    const key: PublicKey = readable("server's key", subject, parseServerKey)
    if (options.dht === undefined && urls.length === 0)
      throw new UsageError("Where a server is stands in the DHT: allow it with --dht, or name a URL of it with --server URL.")
    return examineServer({ urls, key }, options)
  }
  const key = textOption(invocation, "server-key")
  const expected = key === undefined ? undefined : readable("server's key", key, parseServerKey)
  return examineServer({ urls: [readUrl(subject), ...urls], key: expected }, options)
}

/** Prints findings as they come, those about the same thing under one line. */
class Printer {
  readonly #invocation: Invocation
  #about = ""

  constructor(invocation: Invocation) {
    this.#invocation = invocation
  }

  print(finding: Finding): void {
    const { output } = this.#invocation
    if (output.json) return output.value(finding)
    if (finding.about !== this.#about) output.line(`${this.#about === "" ? "" : "\n"}${finding.about}`)
    this.#about = finding.about
    output.line(`  ${WORDS[finding.judgement].padEnd(6)} ${finding.text}`)
    if (finding.advice !== undefined && finding.judgement !== "well") output.line(`         ${finding.advice}`)
  }
}

export const doctor: Command = {
  help: `tessera doctor URL|mosrv0…|mopub0… [--dht] [--server URL …] [--server-key KEY] [--member KEY] [--as FILE] [--json]

Shows what a server or a person looks like from outside: what is well, what is wrong, what cannot be told, and what to do.

  URL               a server: mosaictcp://HOST[:PORT] or mosaicwss://HOST[:PORT]
  mosrv0…           a server by its key; its URLs are looked up (--dht) or given (--server)
  mopub0…           a person by their key: their servers, what each has of them, and whether they agree
  --dht             ask the mainline DHT for bootstraps. Strangers there see your address and whom you look for
  --dht-bootstrap HOST:PORT  ask a DHT that begins at this node instead, as often as needed
  --server URL      a URL of the server or of one of the person's servers, as often as needed
  --server-key KEY  the key that the server should prove (mosrv0…)
  --member KEY      a member of the server (mopub0…): what it does for them, and what it shows strangers of them
  --as FILE         ask as a member, too: a file with their secret key (mosec0…). Shows what the host knows of them
  --local           dial addresses of this machine and its network although a bootstrap named them
  --timeout SECONDS how long an address may take (${TIMEOUT_S} when not given)
  --json            one JSON object a line for each finding

Nothing stays behind: the server is brought a few empty ephemeral records, which no server may keep, of keys that are forgotten afterwards; with --as one
of the member's own, which only they may read. Those that tag a member (--member, --as, mopub0…) reach their programs when they are connected.
Everything is seen from this machine, by its clock: what a firewall, its resolver or its clock does is part of it.

Exit code 1 when something is wrong.`,
  options: {
    dht: { type: "boolean" },
    "dht-bootstrap": { type: "string", multiple: true },
    server: { type: "string", multiple: true },
    "server-key": { type: "string" },
    member: { type: "string" },
    as: { type: "string" },
    local: { type: "boolean" },
    timeout: { type: "string" },
  },
  async run(invocation) {
    const { output, signal } = invocation
    const member = textOption(invocation, "member")
    const as = textOption(invocation, "as")
    await using dht = await openDht(invocation)
    const findings = choose(invocation, {
      dht,
      member: member === undefined ? undefined : readable("person's key", member, parseUserKey),
      as: as === undefined ? undefined : await readSecretKeyInput(as),
      allowLocal: isSet(invocation, "local"),
      timeoutMs: (numberOption(invocation, "timeout", 1, 120) ?? TIMEOUT_S) * 1_000,
      signal,
    })
    const printer = new Printer(invocation)
    const counts: Record<Judgement, number> = { well: 0, note: 0, wrong: 0, unknown: 0 }
    for await (const finding of findings) {
      counts[finding.judgement] += 1
      printer.print(finding)
    }
    if (!output.json) output.line(`\n${counts.well} well, ${counts.note} to know, ${counts.wrong} wrong, ${counts.unknown} cannot be told`)
    return counts.wrong === 0 ? 0 : 1
  },
}
