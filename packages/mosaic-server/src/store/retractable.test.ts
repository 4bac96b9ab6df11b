import { type Kind, retractedBy as coreRetractedBy, parseKind } from "@tessera/mosaic"
import { expect, test } from "vitest"
import { retractedBy } from "./retractable.ts"

const isPossible = (bits: number): boolean => bits < 32 && (bits & 0xc) !== 0x8

test("the writer's table is that of the protocol core, for every kind of the core and of Tessera", () => {
  const kinds: Kind[] = []
  for (const application of [0n, 1n, 0x7006_8b0cn])
    for (let number = 0n; number < 12n; number += 1n)
      for (let bits = 0; bits < 32; bits += 1)
        if (isPossible(bits)) kinds.push(parseKind((application << 32n) | (number << 16n) | BigInt(bits)))
  expect(kinds.map((kind) => [kind, retractedBy(kind)])).toEqual(kinds.map((kind) => [kind, coreRetractedBy(kind)]))
  expect(new Set(kinds.map(retractedBy)).size).toBe(3)
})
