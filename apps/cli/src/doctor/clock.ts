import { setTimeout as delay } from "node:timers/promises"
import { type Readers, RESULT, type SecretKey, publicKeyOf, type Timestamp, timestampFromUnixMillis } from "@tessera/mosaic"
import type { MosaicConnection } from "@tessera/mosaic-client"
import type { Finding } from "./finding.ts"
import { passingKind, passingRecord } from "./passing-record.ts"

/** Subscriptions that ask at once. */
const STEPS = 24
/** How long records that were sent before an answer may take to be handed on, in milliseconds. */
const SETTLE_MS = 50
/** How long the first of them may take after the answer to its submission, in milliseconds. */
const LATE_MS = 1_000
/** Further than this nobody is off who has ever set a clock: ten years, in milliseconds. */
const FARTHEST_MS = 10 * 365 * 86_400_000
/** What a clock may be off before anybody notices, in milliseconds. */
const TOLERABLE_MS = 2_000

/** How far a server's clock is ahead of ours, in milliseconds: somewhere between these. Negative when it is behind. */
export interface Skew {
  readonly least: number
  readonly most: number
}

/**
 * Finds out how far a server's clock is off, and leaves nothing behind: one ephemeral record for many subscriptions, each with another Received Since. The
 * server compares it with its own clock, so those that bring the record say what time it is there. Twice, the second time more finely.
 *
 * @returns undefined when the server takes no such record of this key.
 */
export async function measureSkew(connection: MosaicConnection, author: SecretKey, readers: Readers): Promise<Skew | undefined> {
  const coarse = await bracket(connection, author, readers, geometric())
  if (coarse === undefined) return undefined
  // What goes by until the record is there is about the same the second time.
  const from = Math.max(coarse.least, -FARTHEST_MS) + coarse.sentAfter
  const to = Math.min(coarse.most, FARTHEST_MS) + coarse.answeredAfter
  const steps = Array.from({ length: STEPS }, (_, index) => from + ((to - from) * index) / (STEPS - 1))
  const fine = await bracket(connection, author, readers, steps)
  return fine === undefined ? coarse : { least: Math.max(fine.least, coarse.least), most: Math.min(fine.most, coarse.most) }
}

/** Offsets from a hundredth of a second to ten years, both ways, in order. */
function geometric(): number[] {
  const half = Array.from({ length: STEPS }, (_, index) => 10 * (FARTHEST_MS / 10) ** (index / (STEPS - 1)))
  return [...half.toReversed().map((each) => -each), 0, ...half]
}

interface Bracket extends Skew {
  /** Milliseconds from the time that offsets count from to when the record was sent, and to when it was answered. */
  readonly sentAfter: number
  readonly answeredAfter: number
}

/** @param offsets in milliseconds from now, rising. */
async function bracket(
  connection: MosaicConnection,
  author: SecretKey,
  readers: Readers,
  offsets: readonly number[],
): Promise<Bracket | undefined> {
  const enough = new AbortController()
  using stack = new DisposableStack()
  stack.defer(() => enough.abort())
  const base = Date.now()
  const asked = await Promise.all(
    [undefined, ...offsets].map(async (offset) => {
      const filter = {
        authors: [publicKeyOf(author)],
        kinds: [passingKind(readers)],
        ...(offset !== undefined && { receivedSince: at(base + offset) }),
      }
      const items = connection.subscribe(filter, { signal: enough.signal })[Symbol.asyncIterator]()
      const { value, done } = await items.next()
      return done !== true && "complete" in value ? items : undefined
    }),
  )
  const isBrought: boolean[] = []
  const waiting = asked.map(async (items, index) => {
    const item = await items?.next()
    isBrought[index] = item !== undefined && item.done !== true && "record" in item.value
  })
  // Those that bring nothing end when enough was seen.
  for (const each of waiting) each.catch(() => {})
  const sentAfter = Date.now() - base
  const { code } = await connection.submit(passingRecord(author, readers))
  const answeredAfter = Date.now() - base
  if (code !== RESULT.ACCEPTED && code !== RESULT.SUCCESS) return undefined
  // The one without a time gets it for certain; an answer later all others have it that should.
  await Promise.race([waiting[0], delay(LATE_MS)])
  await connection.ping()
  await delay(SETTLE_MS)
  const passed = offsets.filter((_, index) => isBrought[index + 1] === true)
  const missed = offsets.filter((_, index) => isBrought[index + 1] !== true)
  const [latest = -Infinity, earliest = Infinity] = [passed.at(-1), missed[0]]
  // A server that does not look at Received Since, or answers out of all order, tells nothing.
  if (isBrought[0] !== true || latest > earliest) return undefined
  // Between `sent` and `answered` its clock showed the latest that brought it, at least, and less than the earliest that did not.
  return { least: latest - answeredAfter, most: earliest - sentAfter, sentAfter, answeredAfter }
}

/** A time as filters have it, within what timestamps can say. */
function at(unixMillis: number): Timestamp {
  return timestampFromUnixMillis(Math.max(0, unixMillis))
}

/** How a skew was found. */
const HOW = {
  passing: "seen by which Received Since a passing record matches; this machine's clock is the measure",
  date: "seen by the Date of an HTTP answer; this machine's clock is the measure",
}

/** Says what a measured skew means; `otherwise` is why there is none. */
export function* judgeClock(skew: Skew | undefined, by: keyof typeof HOW, otherwise: string): Generator<Finding, void, void> {
  const about = "clock"
  if (skew === undefined || !(Number.isFinite(skew.least) || Number.isFinite(skew.most))) {
    yield { about, judgement: "unknown", code: "clock-unknown", text: `The server's clock cannot be told: ${otherwise}.` }
    return
  }
  const middle =
    Number.isFinite(skew.least) && Number.isFinite(skew.most)
      ? (skew.least + skew.most) / 2
      : Number.isFinite(skew.least)
        ? skew.least
        : skew.most
  const facts = { leastMilliseconds: Math.floor(skew.least), mostMilliseconds: Math.ceil(skew.most) }
  const how = HOW[by]
  if (skew.least <= TOLERABLE_MS && skew.most >= -TOLERABLE_MS) {
    const width = Math.max(Math.abs(skew.least), Math.abs(skew.most))
    yield {
      about,
      judgement: "well",
      code: "clock-right",
      text: `The server's clock agrees with ours, to ${duration(width)} at most (${how}).`,
      facts,
    }
    return
  }
  yield {
    about,
    judgement: "wrong",
    code: "clock-wrong",
    text: `The server's clock is about ${duration(Math.abs(middle))} ${middle > 0 ? "ahead" : "behind"} (${how}).`,
    advice: "Set the server's clock by NTP, after a look at your own: what the server receives gets this time, and keys are judged by it.",
    facts,
  }
}

/** Judges by the Date of an HTTP answer, which is exact to a second. */
export function skewOfDate(date: string, sent: number, received: number): Skew | undefined {
  const shown = Date.parse(date)
  return Number.isNaN(shown) ? undefined : { least: shown - received, most: shown + 1_000 - sent }
}

export function duration(milliseconds: number): string {
  const units = [
    ["year", 365 * 86_400_000],
    ["day", 86_400_000],
    ["hour", 3_600_000],
    ["minute", 60_000],
    ["second", 1_000],
  ] as const
  for (const [name, size] of units) {
    const amount = milliseconds / size
    if (amount >= 1) return `${amount.toFixed(amount < 10 ? 1 : 0)} ${name}s`
  }
  return `${Math.round(milliseconds)} ms`
}
