import {
  formatTimestamp,
  formatUserKey,
  type Kind,
  kindApplication,
  kindNumber,
  kindReaders,
  KEY_SCHEDULE,
  MICROBLOG_ROOT,
  notifyTag,
  PROFILE,
  type PublicKey,
  readCoreTag,
  REPLY_COMMENT,
  BLOG_POST,
  CHAT_MESSAGE,
  type Timestamp,
  toHex,
  type VerifiedRecord,
  parsePublicKey,
} from "@tessera/mosaic"
import type { MosaicConnection } from "@tessera/mosaic-client"
import { count, type Finding } from "./finding.ts"

/** Records of each sort that are looked at: newest first, what is beyond is only said to be there. */
const MOST_RECORDS = 20_000
/** Kinds, keys and people that are told apart. */
const MOST_NAMES = 4_096
const SHOWN = 8

/** What a host can read off a number of records, without their contents. */
export class Traces {
  records = 0
  bytes = 0
  oldest: Timestamp | undefined
  newest: Timestamp | undefined
  readonly kinds = new Map<Kind, number>()
  readonly signers = new Map<string, number>()
  readonly authors = new Set<string>()
  readonly named = new Set<string>()
  readonly ids = new Set<string>()
  /** By who may read: everybody, those tagged, the author. */
  readonly readers = { everybody: 0, tagged: 0, author: 0 }
  isAll = true

  add(record: VerifiedRecord): void {
    this.records += 1
    this.bytes += record.bytes.length
    this.newest = this.newest === undefined || record.timestamp > this.newest ? record.timestamp : this.newest
    this.oldest = this.oldest === undefined || record.timestamp < this.oldest ? record.timestamp : this.oldest
    this.readers[kindReaders(record.kind)] += 1
    this.ids.add(toHex(record.id))
    tally(this.kinds, record.kind)
    tally(this.signers, toHex(record.signer))
    note(this.authors, toHex(record.author))
    for (const tag of record.tags) {
      const core = readCoreTag(tag)
      if (core?.name === "notify") note(this.named, toHex(core.key))
    }
  }
}

/** What a server shows of a person to whoever asks on this connection. */
export interface Shown {
  readonly written: Traces
  /** What names the person in a Notify tag, by others. */
  readonly received: Traces
}

/** Asks for all that a person wrote, and all that names them. */
export async function whatIsShown(connection: MosaicConnection, person: PublicKey): Promise<Shown> {
  const written = await gather(connection.query({ authors: [person] }), () => true)
  const own = toHex(person)
  const received = await gather(connection.query({ includedTags: [[notifyTag(person)]] }), (record) => toHex(record.author) !== own)
  return { written, received }
}

async function gather(records: AsyncIterable<VerifiedRecord>, counts: (record: VerifiedRecord) => boolean): Promise<Traces> {
  const traces = new Traces()
  for await (const record of records) {
    if (traces.records === MOST_RECORDS) {
      traces.isAll = false
      break
    }
    if (counts(record)) traces.add(record)
  }
  return traces
}

/** Says in plain words what a host knows of a member, from what it shows to them and to strangers. */
export function judgeExposure(person: PublicKey, stranger: Shown, own: Shown | undefined): Finding[] {
  const about = `what the host knows of ${formatUserKey(person).slice(0, 16)}…`
  const { written, received } = own ?? stranger
  const who = own === undefined ? "a stranger" : "the member"
  const found: Finding[] = [
    {
      about,
      judgement: "note",
      code: "member-records",
      text: `Shown to ${who}: ${sum(written)} that they wrote, ${sum(received)} in which others name them${days(written)}.`,
      facts: { written: facts(written), received: facts(received) },
    },
  ]
  if (written.records > 0) {
    found.push({
      about,
      judgement: "note",
      code: "member-kinds",
      text: `The host knows what they wrote, and when: ${list([...written.kinds], ([kind, times]) => `${times} × ${kindName(kind)}`)}.`,
    })
    const master = toHex(person)
    const devices = [...written.signers.keys()].filter((key) => key !== master)
    found.push({
      about,
      judgement: "note",
      code: "member-keys",
      text: `It knows which key signed each record: ${written.signers.has(master) ? "the master key and " : ""}${count(devices.length, "device key")}, so which of their devices is used when.`,
      facts: { devices: devices.map((key) => formatUserKey(parsePublicKey(Buffer.from(key, "hex")))) },
    })
  }
  if (written.named.size > 0 || received.authors.size > 0) {
    found.push({
      about,
      judgement: "note",
      code: "member-people",
      text: `It knows with whom: they name ${count(written.named.size, "person", "people")}, and ${count(received.authors.size, "person", "people")} wrote to them.`,
      facts: { named: written.named.size, writers: received.authors.size },
    })
  }
  const sealed = written.readers.tagged + written.readers.author + received.readers.tagged + received.readers.author
  if (own !== undefined && sealed > 0) {
    found.push({
      about,
      judgement: "note",
      code: "member-sealed",
      text: `${count(sealed, "record")} ${sealed === 1 ? "is" : "are"} not for everybody. Of these the host knows author, time, length and who is tagged; the contents too, unless they are encrypted.`,
      facts: { sealed },
    })
  }
  found.push(...judgeLeaks(about, stranger), ...judgeWithheld(about, stranger, own))
  found.push({
    about,
    judgement: "note",
    code: "host-also-sees",
    text: "What no question shows, and every host can see: from which addresses they connect and when, and what they ask for, thus whom they read.",
  })
  return found
}

function judgeLeaks(about: string, { written, received }: Shown): Finding[] {
  const leaked = written.readers.tagged + written.readers.author + received.readers.tagged + received.readers.author
  if (leaked === 0) return []
  return [
    {
      about,
      judgement: "wrong",
      code: "leak",
      text: `A stranger is shown ${count(leaked, "record")} that ${leaked === 1 ? "is" : "are"} not for everybody.`,
      advice: "Take such records away from this server, and tell whoever runs it.",
      facts: { leaked },
    },
  ]
}

function judgeWithheld(about: string, stranger: Shown, own: Shown | undefined): Finding[] {
  if (own === undefined || !own.written.isAll || !stranger.written.isAll) return []
  const open = own.written.readers.everybody
  const shown = stranger.written.readers.everybody
  if (shown >= open) return []
  return [
    {
      about,
      judgement: "wrong",
      code: "withheld",
      text: `${count(open - shown, "record")} of theirs for everybody ${open - shown === 1 ? "is" : "are"} shown to them and not to strangers.`,
      advice: "Ask whoever runs the server: an outbox must deliver them to anybody.",
      facts: { withheld: open - shown },
    },
  ]
}

function tally<Key>(counts: Map<Key, number>, key: Key): void {
  const before = counts.get(key)
  if (before !== undefined || counts.size < MOST_NAMES) counts.set(key, (before ?? 0) + 1)
}

function note(set: Set<string>, name: string): void {
  if (set.size < MOST_NAMES) set.add(name)
}

const sum = ({ records, bytes, isAll }: Traces): string =>
  `${isAll ? "" : "more than "}${count(records, "record")}${records === 0 ? "" : ` (${size(bytes)})`}`

const size = (bytes: number): string =>
  bytes < 10_000 ? `${bytes.toLocaleString("en")} bytes` : bytes < 1e7 ? `${Math.round(bytes / 1e3)} kB` : `${Math.round(bytes / 1e6)} MB`

const day = (timestamp: Timestamp): string => formatTimestamp(timestamp).slice(0, 10)

function days({ oldest, newest }: Traces): string {
  return oldest === undefined || newest === undefined ? "" : `, from ${day(oldest)} to ${day(newest)}`
}

function facts({ records, bytes, isAll, readers, oldest, newest }: Traces): Readonly<Record<string, unknown>> {
  return {
    records,
    bytes,
    isAll,
    readers,
    ...(oldest !== undefined && { oldest: formatTimestamp(oldest) }),
    ...(newest !== undefined && { newest: formatTimestamp(newest) }),
  }
}

function list<Item>(items: readonly Item[], print: (item: Item) => string): string {
  const shown = items.slice(0, SHOWN).map(print).join(", ")
  return items.length > SHOWN ? `${shown}, and ${items.length - SHOWN} other sorts` : shown
}

const KIND_NAMES: ReadonlyMap<Kind, string> = new Map([
  [KEY_SCHEDULE, "key schedule"],
  [PROFILE, "profile"],
  [MICROBLOG_ROOT, "note"],
  [REPLY_COMMENT, "answer"],
  [BLOG_POST, "blog post"],
  [CHAT_MESSAGE, "chat message"],
])
const kindName = (kind: Kind): string => KIND_NAMES.get(kind) ?? `kind ${kindNumber(kind)} of application ${kindApplication(kind)}`
