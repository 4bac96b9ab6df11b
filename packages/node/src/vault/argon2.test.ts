import fc from "fast-check"
import { expect, test } from "vitest"
import { argon2idByNode, argon2idInWasm } from "./argon2.ts"
import { DEFAULT_COST } from "./vault.ts"

test("Argon2id in WebAssembly is what Node computes, so that a vault opens wherever it is taken", async () => {
  const byNode = argon2idByNode
  if (byNode === undefined) throw new Error("this Node has no Argon2: run the tests with the one that the project brings")
  const cost = fc.record({
    memoryKiB: fc.integer({ min: 32, max: 128 }),
    passes: fc.integer({ min: 1, max: 3 }),
    lanes: fc.integer({ min: 1, max: 4 }),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 80 }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      cost,
      async (password, salt, costs) => {
        expect(await byNode(password, salt, costs)).toEqual(await argon2idInWasm(password, salt, costs))
      },
    ),
    { numRuns: 40 },
  )
  const salt = new Uint8Array(16).fill(9)
  expect(await byNode(Uint8Array.of(1, 2), salt, DEFAULT_COST)).toEqual(await argon2idInWasm(Uint8Array.of(1, 2), salt, DEFAULT_COST))
})
