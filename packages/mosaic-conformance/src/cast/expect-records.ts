import { equalBytes } from "@tessera/mosaic"
import { fail } from "../verdict.ts"

/** Fails unless exactly these records came, in this order, byte by byte. */
export function expectRecords(seen: readonly Uint8Array[], expected: readonly Uint8Array[], of: readonly Uint8Array[] = expected): void {
  const same = seen.length === expected.length && seen.every((record, index) => equalBytes(record, expected[index] ?? new Uint8Array(0)))
  if (!same) fail(`it brought ${names(seen, of)}, expected ${names(expected, of)}`)
}

/** As numbers in the order in which they were written; `?` is none of them. */
function names(records: readonly Uint8Array[], of: readonly Uint8Array[]): string {
  if (records.length === 0) return "nothing"
  const shown = records.slice(0, 12).map((record) => {
    const index = of.findIndex((other) => equalBytes(other, record))
    return index < 0 ? "?" : String(index + 1)
  })
  return `${records.length} (${shown.join(" ")}${records.length > 12 ? " …" : ""})`
}
