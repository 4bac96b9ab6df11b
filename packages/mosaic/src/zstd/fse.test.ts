import { expect, test } from "vitest"
import { feedHostileInput } from "../../test/hostile.ts"
import { fromHex } from "../bytes.ts"
import { buildFseTable, readFseTable, singleSymbolTable } from "./fse.ts"

const MAX_LOG = 9
const MAX_SYMBOL = 35

test("a table gives each symbol as many states as its probability says", () => {
  const { symbols } = buildFseTable([10, -1, 20, 0, 1], 5)
  const counts = [0, 1, 2, 3, 4].map((symbol) => symbols.filter((own) => own === symbol).length)
  expect(counts).toEqual([10, 1, 20, 0, 1])
})

test("a single symbol takes no bits", () => {
  expect(singleSymbolTable(7)).toEqual({ log: 0, symbols: Uint8Array.of(7), bits: Uint8Array.of(0), bases: Uint16Array.of(0) })
})

test.each([
  ["nothing", "", "ZSTD: table"],
  ["a description cut off", "30b7", "ZSTD: table"],
  ["zeros past the last symbol", `10fe${"ff".repeat(20)}`, "ZSTD: table"],
  ["an accuracy above the bound", `05${"00".repeat(20)}`, "ZSTD: table too large"],
])("refuses %s", (_, hex, reason) => {
  expect(() => readFseTable(fromHex(hex), MAX_LOG, MAX_SYMBOL)).toThrow(expect.objectContaining({ name: "DecodeError", reason }))
})

test("whatever description is accepted, no state leads out of the table", () => {
  const valid = ["0110ff", "f1c099fa80ff", "00ff2663", "f064ea08f9c9", "f064101010b3"].map(fromHex)
  const accepted = feedHostileInput(
    (bytes) => {
      const { table, length } = readFseTable(bytes, MAX_LOG, MAX_SYMBOL)
      const size = 1 << table.log
      const isSound = (state: number): boolean => {
        const base = table.bases[state] ?? size
        return base + (1 << (table.bits[state] ?? 31)) <= size && (table.symbols[state] ?? 255) <= MAX_SYMBOL
      }
      if (length > bytes.length || !Array.from({ length: size }, (_, state) => state).every(isSound)) throw new Error("not sound")
    },
    valid,
    { runs: 30_000 },
  )
  expect(accepted).toBeGreaterThan(1000)
})
