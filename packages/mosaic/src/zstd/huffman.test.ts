import { expect, test } from "vitest"
import { feedHostileInput } from "../../test/hostile.ts"
import { fromHex } from "../bytes.ts"
import { decodeHuffman, readHuffmanTable } from "./huffman.ts"

test("weights in plain numbers give the codes that follow from them", () => {
  // Weights 2 and 1 for the symbols 0 and 1; symbol 2 takes what is left, weight 1. So 0 is "1", 1 is "00" and 2 is "01".
  const { table, length } = readHuffmanTable(fromHex("8121ff"))
  expect(length).toBe(2)
  expect(table).toEqual({ width: 2, symbols: Uint8Array.of(1, 2, 0, 0), lengths: Uint8Array.of(2, 2, 1, 1) })
  const output = new Uint8Array(4)
  // From the end: the mark, then 1, 00, 01, 1.
  decodeHuffman(table, Uint8Array.of(0b1_1_00_01_1), output)
  expect(output).toEqual(Uint8Array.of(0, 1, 2, 0))
  expect(() => decodeHuffman(table, Uint8Array.of(0b1_1_00_01_1), new Uint8Array(3))).toThrow("ZSTD: literals")
  expect(() => decodeHuffman(table, Uint8Array.of(0b1_1_00_01_1), new Uint8Array(5))).toThrow("ZSTD: literals")
})

test.each([
  ["a description cut off", "8221", "ZSTD: Huffman tree cut off"],
  ["weights that leave no power of two", "8131", "ZSTD: Huffman tree"],
  ["codes longer than 11 bits", "80c0", "ZSTD: Huffman tree"],
  ["no weights", "8000", "ZSTD: Huffman tree"],
  ["compressed weights without end", "04f0030004", "ZSTD: Huffman tree too large"],
  ["compressed weights cut off", "04f003", "ZSTD: Huffman tree cut off"],
])("refuses %s", (_, hex, reason) => {
  expect(() => readHuffmanTable(fromHex(hex))).toThrow(expect.objectContaining({ name: "DecodeError", reason }))
})

test("whatever description is accepted, all codes are taken and none is too long", () => {
  const valid = ["8121", "8811111111", "83321000", "90123412341234123410"].map(fromHex)
  const accepted = feedHostileInput(
    (bytes) => {
      const { table, length } = readHuffmanTable(bytes)
      const isSound = table.lengths.length === 1 << table.width && table.lengths.every((own) => own >= 1 && own <= table.width)
      if (length > bytes.length || table.width > 11 || !isSound) throw new Error("not sound")
    },
    valid,
    { runs: 30_000 },
  )
  expect(accepted).toBeGreaterThan(1000)
})
