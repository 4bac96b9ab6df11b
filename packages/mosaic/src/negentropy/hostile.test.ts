import { describe, expect, test } from "vitest"
import { feedHostileInput } from "../../test/hostile.ts"
import { answering, finish, reconcileWith, setOf } from "../../test/negentropy.ts"
import { Random } from "../../test/random.ts"
import { concatBytes, fromHex } from "../bytes.ts"
import { DecodeError, VerifyError } from "../errors.ts"
import { END } from "./bound.ts"
import { startInitiator, stepInitiator } from "./initiator.ts"
import { RangeWriter } from "./range.ts"
import { respond } from "./responder.ts"

const random = new Random(11)
const some = (count: number) => setOf(Array.from({ length: count }, (_, index) => ({ timestamp: BigInt(index * 3), id: random.bytes(32) })))
const [mine, theirs] = [some(500), some(500)]

/** Messages of a whole conversation. */
function conversation(): Uint8Array[] {
  const messages: Uint8Array[] = []
  reconcileWith(mine, (message) => {
    const reply = answering(theirs, 4_096)(message)
    messages.push(message, reply)
    return reply
  })
  return messages
}

describe("what a stranger sends", () => {
  const valid = conversation()

  test("is answered or refused, by the side that answers", () => {
    const accepted = feedHostileInput((bytes) => expect(finish(respond(mine, bytes, 4_096)).length).toBeLessThanOrEqual(4_096), valid, {
      runs: 4_000,
    })
    expect(accepted).toBeGreaterThan(100)
  })

  test("is taken or refused, by the side that began", () => {
    const { state } = startInitiator(mine, { frameLength: 4_096, mostNeeded: 1_000 })
    const accepted = feedHostileInput((bytes) => finish(stepInitiator(state, bytes)), valid, { runs: 4_000 })
    expect(accepted).toBeGreaterThan(100)
  })

  test.each([
    ["no version", "", "negentropy version"],
    ["no version of this protocol", "50", "negentropy version"],
    ["a bound without a mode", "610000", "truncated"],
    ["an unknown mode", "61000003", "range mode"],
    ["a range behind the end", "61000000000000", "bound order"],
    ["a bound before the last one", "610201ff0001010000", "bound order"],
    ["a prefix that is too long", "610121", "count"],
    ["more ids than there are bytes", "610000028fffffff7f", "count"],
    ["a number that begins with zero", "61800100", "varint"],
    ["a number beyond 64 bits", "6183ffffffffffffffff7f0000", "varint"],
    ["a time beyond 64 bits", "6181ffffffffffffffff7e000081ffffffffffffffff7e0000", "bound timestamp"],
  ])("is refused with %s", (_, hex, reason) => {
    expect(() => finish(respond(mine, fromHex(hex), 4_096))).toThrow(DecodeError)
    expect(() => finish(respond(mine, fromHex(hex), 4_096))).toThrow(reason)
  })

  test("in another version is answered with ours, and not spoken by the side that began", () => {
    expect(finish(respond(mine, fromHex("62010203"), 4_096))).toEqual(fromHex("61"))
    const { state } = startInitiator(mine, { frameLength: 4_096, mostNeeded: 0 })
    expect(() => finish(stepInitiator(state, fromHex("60")))).toThrow("not spoken here")
  })

  test("cannot make the work much longer than the message", () => {
    // As many ranges as fit, each of which differs; the answer is bounded, and work stops with it.
    const set = some(50_000)
    const writer = new RangeWriter(2_000_000)
    for (let index = 1; writer.length < 1_900_000 && index < set.size; index += 1)
      writer.fingerprint(set.boundAt(index), new Uint8Array(16))
    const start = performance.now()
    expect(finish(respond(set, writer.finish(), 65_536)).length).toBeLessThanOrEqual(65_536)
    expect(performance.now() - start).toBeLessThan(500)
  })

  test("of ranges of no items costs little each, and gives way between them", () => {
    const ranges = concatBytes(Uint8Array.of(0x61), ...Array.from({ length: 20_000 }, () => Uint8Array.of(1, 0, 0)))
    const steps = respond(some(50_000), ranges, 4_096)
    let turns = 0
    while (steps.next().done !== true) turns += 1
    expect(turns).toBeGreaterThan(300)
  })
})

describe("a peer that lies to the side that began", () => {
  test("cannot go on for ever", () => {
    const writer = new RangeWriter(4_096)
    writer.fingerprint(END, new Uint8Array(16))
    const lie = writer.finish()
    let asked = 0
    const answer = (): Uint8Array => {
      asked += 1
      return lie
    }
    expect(() => reconcileWith(mine, answer)).toThrow(VerifyError)
    expect(asked).toBeLessThan(200)
  })

  test("cannot name more than it may, nor make room for itself by that", () => {
    const writer = new RangeWriter(65_536)
    writer.idList({ timestamp: 1n, idPrefix: new Uint8Array(0) }, random.bytes(32 * 100))
    writer.fingerprint(END, new Uint8Array(16))
    const lie = writer.finish()
    expect(() => reconcileWith(mine, () => lie, { mostNeeded: 99 })).toThrow("more than 99")
  })
})
