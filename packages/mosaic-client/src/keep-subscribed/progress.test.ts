import {
  type Handling,
  type Timestamp,
  type VerifiedRecord,
  buildRecord,
  makeKind,
  nonceFromTimestamp,
  parseSecretKey,
  parseTimestamp,
  publicKeyOf,
  toHex,
} from "@tessera/mosaic"
import { describe, expect, it } from "vitest"
import { Progress, laterOf } from "./progress.ts"

const MINUTE = 60_000_000_000n
const NOON = parseTimestamp(1_790_000_000_000_000_000n)
const secret = parseSecretKey(new Uint8Array(32).fill(1))
const at = (minutes: number): Timestamp => parseTimestamp(NOON + BigInt(minutes) * MINUTE)

function write(minutes: number, handling: Handling = "unique"): VerifiedRecord {
  const kind = makeKind({ application: 99, number: 1, handling, readers: "everybody" })
  const timestamp = at(minutes)
  return buildRecord({ author: publicKeyOf(secret), signer: secret, kind, nonce: nonceFromTimestamp(timestamp), timestamp })
}

/** How many minutes before noon the first query begins; undefined when it asks for everything. */
function firstWindow(progress: Progress): number | undefined {
  const [first] = progress.windows()
  return first === undefined ? undefined : Number(NOON - first) / Number(MINUTE)
}

const anchorOf = (progress: Progress): string | undefined => progress.resume.anchor?.id
const fresh = (now = NOON): Progress => new Progress(undefined, () => now)

describe("where a subscription begins again", () => {
  it("asks for everything when nothing ever came", () => {
    const progress = fresh()
    progress.begin(undefined)
    expect(progress.reachesBack).toBe(true)
    progress.caughtUp()
    expect(progress.windows()).toEqual([undefined])
    expect(progress.resume).toEqual({ version: 1 })
  })

  it("is ten minutes before the newest of what was stored, then eight times farther back each time, then at the beginning", () => {
    const progress = fresh()
    progress.begin(undefined)
    for (const record of [write(-5), write(-90), write(-40)]) expect(progress.stored(record)).toBe(true)
    // Not before it is complete: what is missing may have been received before any of these.
    expect(progress.resume).toEqual({ version: 1 })
    progress.caughtUp()
    expect(anchorOf(progress)).toBe(toHex(write(-5).id))
    const minutes = progress.windows().map((start) => (start === undefined ? undefined : Number(NOON - start) / Number(MINUTE)))
    expect(minutes).toEqual([15, 85, 645, 5_125, 40_965, undefined])
  })

  it("is ten minutes before the moment at which the last new record came, whenever it was written", () => {
    let now = NOON
    const progress = new Progress(undefined, () => now)
    progress.begin(undefined)
    progress.caughtUp()
    now = at(-60)
    expect(progress.live(write(-5_000))).toBe(true)
    expect(firstWindow(progress)).toBe(70)
    expect(progress.live(write(-5_000))).toBe(false)
  })

  it("is never after the old anchor, for what came in between", () => {
    const progress = fresh()
    progress.begin(undefined)
    progress.live(write(-1))
    progress.begin(at(-11))
    progress.stored(write(-1))
    progress.stored(write(-900))
    progress.caughtUp()
    expect(anchorOf(progress)).toBe(toHex(write(-900).id))
    expect(firstWindow(progress)).toBe(10)
  })

  it("believes no record that was written in the future", () => {
    const progress = fresh()
    progress.begin(undefined)
    progress.stored(write(5_000))
    progress.caughtUp()
    expect(firstWindow(progress)).toBe(10)
  })

  it("moves on from an anchor that is gone to one that is there", () => {
    const progress = fresh()
    progress.begin(undefined)
    for (const record of [write(-5), write(-90)]) progress.stored(record)
    progress.caughtUp()
    progress.begin(at(-15))
    expect(progress.reachesBack).toBe(false)
    progress.begin(undefined)
    expect(progress.stored(write(-90))).toBe(false)
    progress.caughtUp()
    expect(anchorOf(progress)).toBe(toHex(write(-90).id))
    progress.begin(at(-100))
    progress.stored(write(-90))
    expect(progress.reachesBack).toBe(true)
  })

  it("keeps an anchor that is there when nothing new came", () => {
    const progress = fresh()
    progress.begin(undefined)
    for (const record of [write(-5), write(-90)]) progress.stored(record)
    progress.caughtUp()
    progress.begin(at(-15))
    progress.stored(write(-5))
    progress.caughtUp()
    expect(anchorOf(progress)).toBe(toHex(write(-5).id))
  })

  it("rests on what stays rather than on what is replaced, and never on what is not stored", () => {
    const progress = fresh()
    progress.begin(undefined)
    progress.stored(write(-5, "replaceable"))
    progress.stored(write(-50, "versioned"))
    progress.caughtUp()
    expect(anchorOf(progress)).toBe(toHex(write(-50, "versioned").id))
    progress.live(write(-4, "replaceable"))
    expect(anchorOf(progress)).toBe(toHex(write(-50, "versioned").id))
    progress.live(write(-3, "ephemeral"))
    expect(anchorOf(progress)).toBe(toHex(write(-50, "versioned").id))
    const other = fresh()
    other.begin(undefined)
    other.caughtUp()
    other.live(write(-3, "ephemeral"))
    expect(anchorOf(other)).toBeUndefined()
    other.live(write(-4, "replaceable"))
    expect(anchorOf(other)).toBe(toHex(write(-4, "replaceable").id))
  })

  it("is the same in a new process, where the anchor does not come as new", () => {
    const progress = fresh()
    progress.begin(undefined)
    progress.live(write(-5))
    const resumed = new Progress(progress.resume, () => NOON)
    expect(resumed.windows()).toEqual(progress.windows())
    resumed.begin(at(-10))
    expect(resumed.stored(write(-5))).toBe(false)
    expect(resumed.reachesBack).toBe(true)
  })

  it("takes the later of two beginnings", () => {
    expect([laterOf(at(1), at(2)), laterOf(at(2), at(1)), laterOf(undefined, at(1)), laterOf(at(1), undefined)]).toEqual([
      at(2),
      at(2),
      at(1),
      at(1),
    ])
    expect(laterOf(undefined, undefined)).toBeUndefined()
  })
})
