import { sha256 } from "@noble/hashes/sha2.js"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { setOf } from "../../test/negentropy.ts"
import { concatBytes, fromHex, toHex } from "../bytes.ts"
import { ItemSetBuilder } from "./item-set-builder.ts"

const id = fc.uint8Array({ minLength: 32, maxLength: 32 })
const items = fc.array(fc.record({ timestamp: fc.bigInt({ min: 0n, max: 3n }), id }), { maxLength: 300, size: "max" })

/** As the words of the protocol say it, without any cleverness. */
function plainFingerprint(ids: readonly Uint8Array[]): string {
  const sum = ids.reduce((total, bytes) => total + BigInt(`0x${toHex(bytes.toReversed())}`), 0n) % 2n ** 256n
  const count = ids.length < 128 ? [ids.length] : [0x80 | (ids.length >> 7), ids.length & 0x7f]
  const bytes = fromHex(sum.toString(16).padStart(64, "0")).toReversed()
  return toHex(sha256(concatBytes(bytes, Uint8Array.from(count)))).slice(0, 32)
}

describe("a set of items", () => {
  test("is in order, each once, and fingerprints any range as the protocol says", () => {
    fc.assert(
      fc.property(items, fc.nat(), fc.nat(), (list, one, other) => {
        const set = setOf([...list, ...list.slice(0, 3)])
        const sorted = [...new Map(list.map((item) => [`${item.timestamp}${toHex(item.id)}`, item])).entries()].toSorted((a, b) =>
          a[0] < b[0] ? -1 : 1,
        )
        expect(set.size).toBe(sorted.length)
        const [from = 0, to = 0] = [one % (set.size + 1), other % (set.size + 1)].toSorted((a, b) => a - b)
        const ids = sorted.slice(from, to).map(([, item]) => item.id)
        expect(toHex(set.ids(from, to))).toBe(ids.map(toHex).join(""))
        expect(toHex(set.fingerprint(from, to))).toBe(plainFingerprint(ids))
      }),
      { numRuns: 200 },
    )
  })

  test("finds the shortest bound between any two neighbours", () => {
    fc.assert(
      fc.property(items, (list) => {
        const set = setOf(list)
        for (let index = 0; index <= set.size; index += 1) expect(set.find(set.boundAt(index))).toBe(index)
      }),
      { numRuns: 100 },
    )
    const [a, b] = [new Uint8Array(32).fill(7), new Uint8Array(32).fill(7).fill(9, 5)]
    expect(setOf([1n, 1n].map((timestamp, at) => ({ timestamp, id: at === 0 ? b : a }))).boundAt(1)).toEqual({
      timestamp: 1n,
      idPrefix: b.slice(0, 6),
    })
    expect(setOf([1n, 2n].map((timestamp) => ({ timestamp, id: a }))).boundAt(1)).toEqual({ timestamp: 2n, idPrefix: new Uint8Array(0) })
  })

  test("takes records by their ids, which begin with their timestamps", () => {
    const builder = new ItemSetBuilder()
    const record = new Uint8Array(48).fill(3).fill(0, 0, 7)
    builder.addRecord(record)
    expect(toHex(builder.finish().ids(0, 1))).toBe(toHex(setOf([{ timestamp: 3n, id: record.slice(0, 32) }]).ids(0, 1)))
    expect(() => builder.addRecord(new Uint8Array(31))).toThrow(RangeError)
    expect(() => builder.add(2n ** 64n - 1n, new Uint8Array(32))).toThrow(RangeError)
    expect(() => builder.add(0n, new Uint8Array(48))).toThrow(RangeError)
  })
})
