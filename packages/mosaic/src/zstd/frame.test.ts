import * as fc from "fast-check"
import { expect, test } from "vitest"
import { growthExponent } from "../../test/growth.ts"
import { feedHostileInput } from "../../test/hostile.ts"
import { zstdFixtures } from "../../test/zstd-fixtures.ts"
import { concatBytes, fromHex, toHex } from "../bytes.ts"
import { DecodeError } from "../errors.ts"
import { decompressZstd } from "./frame.ts"

const LIMIT = 1_048_576
const MAGIC = "28b52ffd"

const reasonOf = (bytes: Uint8Array, limit = LIMIT): string => {
  try {
    decompressZstd(bytes, limit)
    return "accepted"
  } catch (error) {
    if (error instanceof DecodeError) return error.reason
    throw error
  }
}

/** A block: 3 bytes of header, then `body`; `size` is the length that it claims. */
const block = (type: number, size: number, body: Uint8Array, isLast = true): Uint8Array => {
  const header = (size << 3) | (type << 1) | (isLast ? 1 : 0)
  return concatBytes(Uint8Array.of(header & 0xff, (header >> 8) & 0xff, header >> 16), body)
}
/** A frame without declared size whose window is 1 MiB. */
const frame = (...blocks: readonly Uint8Array[]): Uint8Array => concatBytes(fromHex(`${MAGIC}0050`), ...blocks)
const compressed = (hex: string, isLast = true): Uint8Array => block(2, hex.length / 2, fromHex(hex), isLast)

test.each(zstdFixtures)("decompresses $name", ({ hex, content }) => {
  // Compared as text: a difference in megabytes of numbers takes the reporter minutes to print.
  expect(toHex(decompressZstd(fromHex(hex), LIMIT)) === toHex(content())).toBe(true)
})

test("bytes come back from raw and repeated blocks, in one frame or several", () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((bytes) => ({ bytes, block: block(0, bytes.length, bytes, false) })),
    fc.tuple(fc.nat(255), fc.nat(70_000)).map(([byte, length]) => ({
      bytes: new Uint8Array(length).fill(byte),
      block: block(1, length, Uint8Array.of(byte), false),
    })),
  )
  fc.assert(
    fc.property(fc.array(fc.array(piece, { maxLength: 3 }), { minLength: 1, maxLength: 3 }), (frames) => {
      const whole = frames.map((pieces) => frame(...pieces.map((own) => own.block), block(0, 0, new Uint8Array(0))))
      const expected = concatBytes(...frames.flat().map((own) => own.bytes))
      expect(toHex(decompressZstd(concatBytes(...whole), LIMIT)) === toHex(expected)).toBe(true)
    }),
    { numRuns: 50 },
  )
})

test("skippable frames are skipped, wherever they stand", () => {
  const skippable = fromHex("5e2a4d1803000000aabbcc")
  const data = frame(block(0, 2, fromHex("4142")))
  expect(decompressZstd(concatBytes(skippable, data, skippable, data), LIMIT)).toEqual(fromHex("41424142"))
  expect(reasonOf(concatBytes(data, skippable.subarray(0, -1)))).toBe("ZSTD: truncated")
})

test("sizes of literals may be written wider than they need be", () => {
  const fixture = zstdFixtures.find(({ name }) => name === "four streams of literals")
  const bytes = fromHex(fixture?.hex ?? "")
  const literals = bytes.subarray(10)
  const header = (literals[0] ?? 0) | ((literals[1] ?? 0) << 8) | ((literals[2] ?? 0) << 16)
  const wide = (BigInt(header >> 14) << 22n) | (BigInt((header >> 4) & 0x3ff) << 4n) | 0b1110n
  const wideHeader = Uint8Array.from({ length: 5 }, (_, i) => Number((wide >> BigInt(8 * i)) & 0xffn))
  const body = concatBytes(wideHeader, literals.subarray(3, -4))
  expect(header & 15).toBe(0b0110)
  expect(toHex(decompressZstd(frame(block(2, body.length, body)), LIMIT))).toBe(toHex(fixture?.content() ?? new Uint8Array(0)))
})

test("a stream of literals that holds more than it should is refused", () => {
  const bytes = fromHex(zstdFixtures.find(({ name }) => name === "one stream of literals")?.hex ?? "")
  // Frame header 6 bytes, block header 3, then the size of the literals in the upper half of a byte and in the next: one less.
  expect((bytes[9] ?? 0) >> 4).toBeGreaterThan(0)
  bytes[9] = (bytes[9] ?? 0) - 0x10
  bytes[5] = (bytes[5] ?? 0) - 1
  expect(reasonOf(bytes)).toBe("ZSTD: literals")
})

test.each([
  ["nothing", "", "ZSTD: truncated"],
  ["another magic number", "28b52ffc00", "ZSTD: no frame"],
  ["a reserved bit", `${MAGIC}0850010000`, "ZSTD: reserved bit"],
  ["a dictionary", `${MAGIC}015007010000`, "ZSTD: needs a dictionary"],
  ["a reserved block type", `${MAGIC}0050070000`, "ZSTD: block type"],
  ["a raw block cut off", `${MAGIC}00501900004141`, "ZSTD: truncated"],
  ["no checksum where one is announced", `${MAGIC}0450010000aabb`, "ZSTD: truncated"],
  ["no last block", `${MAGIC}0050000000`, "ZSTD: truncated"],
  ["something behind the frame", `${MAGIC}00500100000000`, "ZSTD: truncated"],
  ["more than the frame declares", `${MAGIC}200119000041414142`, "ZSTD: block too large"],
  ["less than the frame declares", `${MAGIC}2004190000414141`, "ZSTD: not the length that the frame declares"],
  ["less than the frame declares, in several blocks", `${MAGIC}4050000009000041`, "ZSTD: not the length that the frame declares"],
])("refuses %s", (_, hex, reason) => {
  expect(reasonOf(fromHex(hex))).toBe(reason)
})

test.each([
  ["no tree to repeat", "130000", "ZSTD: no Huffman tree to repeat"],
  ["no table to repeat", "084101fc01", "ZSTD: no table to repeat"],
  ["reserved modes", "0841010101", "ZSTD: sequence modes"],
  ["a code above the greatest", "0841015424000001", "ZSTD: sequence code"],
  ["a copy from before the start", "0841015401010002", "ZSTD: offset"],
  ["literals that are not there", "0841015402000001", "ZSTD: too few literals"],
  ["bits that nothing reads", "0841015401000003", "ZSTD: sequences"],
  ["bits without an end", "0841015400000000", "ZSTD: bit stream without an end"],
  ["literals past the block", "1841", "ZSTD: literals"],
  ["bytes behind the sequences", "084100ff", "ZSTD: trailing bytes in a block"],
  ["no sequences section", "0841", "ZSTD: sequences cut off"],
])("refuses a block with %s", (_, hex, reason) => {
  expect(reasonOf(frame(compressed(hex)))).toBe(reason)
})

test("a copy does not reach into the frame before", () => {
  const first = frame(block(0, 8, new Uint8Array(8)))
  // A raw literal; one sequence, all codes in no bits. One literal, then three bytes from four back: repeated offset 2 after a literal.
  const copying = compressed("0841015401010002")
  expect(reasonOf(frame(block(0, 8, new Uint8Array(8), false), copying))).toBe("accepted")
  expect(reasonOf(concatBytes(first, frame(copying)))).toBe("ZSTD: offset")
})

test("a declared size above the limit is refused before anything is allocated", () => {
  const declares = (size: bigint): Uint8Array => {
    const bytes = fromHex(`${MAGIC}e0${"00".repeat(8)}010000`)
    new DataView(bytes.buffer).setBigUint64(5, size, true)
    return bytes
  }
  expect(reasonOf(declares(BigInt(LIMIT) + 1n))).toBe(`payload too large: decompressed more than ${LIMIT} bytes`)
  expect(reasonOf(declares(2n ** 63n))).toContain("payload too large")
  expect(reasonOf(declares(BigInt(LIMIT)))).toBe("ZSTD: not the length that the frame declares")
})

test("a bomb without a declared size stops at the limit", () => {
  const run = block(1, 131_072, Uint8Array.of(0), false)
  const bomb = frame(...Array.from({ length: 10_000 }, () => run))
  expect(reasonOf(bomb)).toContain("payload too large")
  expect(reasonOf(bomb, 1000)).toContain("payload too large: decompressed more than 1000 bytes")
  expect(reasonOf(frame(block(1, 131_073, Uint8Array.of(0))))).toBe("ZSTD: block too large")
})

test("the limit itself may be reached", () => {
  const full = frame(...Array.from({ length: 8 }, (_, i) => block(1, 131_072, Uint8Array.of(7), i === 7)))
  expect(decompressZstd(full, LIMIT)).toHaveLength(LIMIT)
  expect(reasonOf(full, LIMIT - 1)).toContain("payload too large")
})

test("a few bytes that ask for gigabytes of copying cost nothing", () => {
  // 98,047 sequences, each a copy of the greatest length, coded in no bits. A decoder that looks afterwards needs minutes.
  const start = performance.now()
  expect(reasonOf(frame(compressed("0841ffffff5400003401")))).toBe("ZSTD: bit stream too short")
  expect(reasonOf(frame(compressed("0841ffffff5400002b7f01")))).toMatch(/^ZSTD: /)
  expect(performance.now() - start).toBeLessThan(1000)
})

// One literal in one bit of a tree as large as can be, no sequences.
const TREE_BLOCK = "12c00080b00200"

test("blocks that are little more than tables are bounded in number", () => {
  const blocks = (count: number): Uint8Array => frame(...Array.from({ length: count }, (_, i) => compressed(TREE_BLOCK, i === count - 1)))
  expect(decompressZstd(blocks(2048), LIMIT)).toHaveLength(2048)
  expect(reasonOf(blocks(2049))).toBe("ZSTD: too many blocks")
  expect(reasonOf(concatBytes(blocks(2000), blocks(49)))).toBe("ZSTD: too many blocks")
  expect(decompressZstd(blocks(4096), 2 * LIMIT)).toHaveLength(4096)
})

const valid = zstdFixtures.map(({ hex }) => fromHex(hex)).filter((bytes) => bytes.length < 500)

test("frames from strangers are refused cleanly or decompressed within the limit", () => {
  const accepted = feedHostileInput((bytes) => expect(decompressZstd(bytes, 4096).length).toBeLessThanOrEqual(4096), valid)
  expect(accepted).toBeGreaterThan(1000)
})

test("decompression takes linear time, in input and in output", () => {
  const small = (size: number): Uint8Array =>
    frame(...Array.from({ length: size }, (_, i) => block(0, 1, Uint8Array.of(i & 0xff), i === size - 1)))
  expect(growthExponent(2000, small, (bytes) => decompressZstd(bytes, LIMIT))).toBeLessThan(1.6)
  // A tree of 2048 entries in each block.
  const trees = (size: number): Uint8Array => frame(...Array.from({ length: size }, (_, i) => compressed(TREE_BLOCK, i === size - 1)))
  expect(growthExponent(120, trees, (bytes) => decompressZstd(bytes, LIMIT))).toBeLessThan(1.6)
  const text = fromHex(zstdFixtures.find(({ name }) => name === "text, single segment")?.hex ?? "")
  const repeated = (size: number): Uint8Array => concatBytes(...Array.from({ length: size }, () => text))
  expect(growthExponent(30, repeated, (bytes) => decompressZstd(bytes, LIMIT))).toBeLessThan(1.6)
})
