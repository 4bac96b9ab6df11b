import {
  equalBytes,
  HOME,
  KEY_SCHEDULE,
  MICROBLOG_ROOT,
  notifyTag,
  PROFILE,
  REPLY_COMMENT,
  timestampFromUnixMillis,
  toHex,
} from "@tessera/mosaic"
import type { Filter, PublicKey, VerifiedRecord } from "@tessera/mosaic"
import { keepSubscribed, QueryRefusedError } from "@tessera/mosaic-client"
import type { KeptItem, KeptState } from "@tessera/mosaic-client"
import { inBatches } from "../batches.ts"
import { BoundedMap } from "../bounded-map.ts"
import type { Ports } from "../ports.ts"
import { dialDoor, visitDoor } from "./dial.ts"
import type { Follow } from "./follow-state.ts"
import { askIdentity, IDENTITY_BYTES } from "./identity.ts"
import type { Identity } from "./identity.ts"
import type { Intake } from "./intake.ts"
import type { Stream, VisitTable } from "./visits.ts"

/** Bytes of an answer of somebody who is not followed: 5,000 characters of any script fit. */
const ANSWER_BYTES = 32_768
/** Answers of people who are not followed that are taken from one door. */
const MOST_TAKEN = 20_000
const BATCH = 100
const RETRY_MS = 5_000
const ASK_AGAIN_MS = 60_000

export interface ReaderOptions {
  readonly ports: Pick<Ports, "clock" | "network" | "random">
  readonly follow: Follow
  readonly intake: Intake
  readonly visits: VisitTable
  readonly isTrusted: (author: PublicKey) => boolean
  readonly onState: (stream: Stream, state: KeptState["state"]) => void
  /** They said where their door is; it is stored. */
  readonly onHome: (person: PublicKey) => void
  /** What came could not be stored; it is asked for again. */
  readonly onFailure: (error: unknown) => void
  readonly signal: AbortSignal
}

/** Reads one person's door until `signal` aborts: what they write, and what others answer to them. Resolves when it has ended. */
export async function readDoor(options: ReaderOptions): Promise<void> {
  const { person } = options.follow
  const own: Filter = { authors: [person], kinds: [KEY_SCHEDULE, PROFILE, HOME, MICROBLOG_ROOT, REPLY_COMMENT] }
  const answers: Filter = { kinds: [REPLY_COMMENT], includedTags: [[notifyTag(person)]] }
  const asked = new BoundedMap<PublicKey, number>(1_000)
  await Promise.all([readStream(options, "own", own, asked), readStream(options, "answers", answers, asked)])
}

async function readStream(options: ReaderOptions, stream: Stream, filter: Filter, asked: BoundedMap<PublicKey, number>): Promise<void> {
  const { ports, signal } = options
  while (!signal.aborted) {
    // What a failed round still has in flight must not go on beside the next one.
    const round = new AbortController()
    try {
      await readRound(options, stream, filter, asked, AbortSignal.any([signal, round.signal]))
    } catch (error) {
      if (signal.aborted) return
      options.onFailure(error)
      await ports.clock.sleep(RETRY_MS, signal).catch(() => undefined)
    } finally {
      round.abort()
    }
  }
}

async function readRound(
  options: ReaderOptions,
  stream: Stream,
  filter: Filter,
  asked: BoundedMap<PublicKey, number>,
  signal: AbortSignal,
): Promise<void> {
  const { ports, follow, visits } = options
  const { clock } = ports
  let visit = visits.get(follow.person, stream)
  const source = keepSubscribed({
    dial: (stop) => dialDoor(ports, follow, stop),
    filter,
    ...(visit.resume === undefined ? {} : { resume: visit.resume }),
    sleep: (milliseconds, stop) => clock.sleep(milliseconds, stop),
    random: () => new DataView(Uint8Array.from(ports.random(4)).buffer).getUint32(0) / 2 ** 32,
    now: () => timestampFromUnixMillis(clock.unixMillis()),
    signal,
    onState: ({ state }) => options.onState(stream, state),
  })
  for await (const batch of inBatches<KeptItem>(source, BATCH)) {
    const records = batch.flatMap((item) => ("record" in item ? [item.record] : []))
    const wanted = stream === "own" ? records : fromStrangers(records, options, MOST_TAKEN - visit.taken)
    const left = await options.intake.take(wanted)
    if (left.length > 0) await takeAgain(options, left, asked, signal)
    if (stream === "own" && wanted.some(({ kind }) => kind === HOME)) options.onHome(follow.person)
    const strangers = stream === "own" ? 0 : wanted.filter(({ author }) => !options.isTrusted(author)).length
    const resume = batch.at(-1)?.resume
    visit = { ...(resume === undefined ? {} : { resume }), taken: visit.taken + strangers, heard: clock.unixMillis() }
    if (signal.aborted) return
    visits.set(follow.person, stream, visit)
  }
}

/** Strangers' answers are bounded in size and number; those of people whom the person reads anyway are not. */
function fromStrangers(records: readonly VerifiedRecord[], { isTrusted }: ReaderOptions, room: number): readonly VerifiedRecord[] {
  let left = room
  return records.filter((record) => {
    if (isTrusted(record.author)) return true
    if (record.bytes.length > ANSWER_BYTES || left <= 0) return false
    left -= 1
    return true
  })
}

/** Their signers are in no key schedule that is known here: asks the door for newer ones, not more than once a minute for each author. */
async function takeAgain(
  options: ReaderOptions,
  left: readonly VerifiedRecord[],
  asked: BoundedMap<PublicKey, number>,
  signal: AbortSignal,
): Promise<void> {
  const { ports, follow, intake } = options
  const now = ports.clock.unixMillis()
  const authors = new Map(left.map(({ author }) => [toHex(author), author]))
  const unknown = [...authors.values()].filter((author) => Math.abs(now - (asked.get(author) ?? 0)) >= ASK_AGAIN_MS)
  if (unknown.length === 0) return
  await using connection = await visitDoor(ports, follow, signal)
  for (const author of unknown) {
    const { schedule, profile } = await askIdentity(connection, author, signal).catch(nothingIfRefused)
    const identity = [schedule, profile].filter((record) => record !== undefined)
    const isOwner = equalBytes(author, follow.person)
    await intake.take(identity.filter(({ bytes }) => isOwner || bytes.length <= IDENTITY_BYTES))
    // Only now: when the line breaks or the disk is full before, all of it is read again, and must be asked for again, or what is left would be lost.
    asked.set(author, now)
  }
  await intake.take(left)
}

/** A door that does not say who somebody is has said so: to ask again at once would not change its mind. */
function nothingIfRefused(error: unknown): Identity {
  if (error instanceof QueryRefusedError) return {}
  throw error
}
