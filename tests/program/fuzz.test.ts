import { DecodeError } from "@tessera/mosaic"
import { expect, test } from "vitest"
import { type Finding, fuzz } from "../../fuzz/run.ts"
import { Broken, type Target } from "../../fuzz/target.ts"
import { TARGETS } from "../../fuzz/targets.ts"

const good = [new Uint8Array(32).fill(1)]

function findingsOf(take: Target["take"], count = 2_000): readonly Finding[] {
  const targets = [{ name: "broken", share: 1_000, good, take }]
  return fuzz({ targets, seed: 7, count, milliseconds: 20_000, onProgress: () => {} }).findings
}

test("what strangers send is read or refused, and nothing else, for a few thousand inputs of each reader", () => {
  const { tallies, findings } = fuzz({ targets: TARGETS, seed: 2026, count: 60_000, milliseconds: 30_000, onProgress: () => {} })
  expect(findings).toEqual([])
  // Inputs reach beyond the first check.
  for (const { target, accepted, refused } of tallies) expect([target, accepted > 0 || refused < 40]).toEqual([target, true])
})

test("a reader that fails in another way, breaks a law or takes long is found, with the input that does it", () => {
  const fails = findingsOf((bytes) => {
    if (bytes.length < 10) throw new TypeError("too short")
  })
  expect(fails[0]?.what).toBe("TypeError: too short")
  expect(fails.every(({ input }) => input.length < 20)).toBe(true)
  expect(
    findingsOf((bytes) => {
      if (bytes[0] === 0xff) throw new Broken("a law")
    })[0]?.what,
  ).toBe("Broken: a law")
  expect(
    findingsOf((bytes) => {
      // The processor's own time: on a busy machine 60 ms of the clock may be little of it.
      const begun = process.cpuUsage()
      const spent = (): number => Object.values(process.cpuUsage(begun)).reduce((sum, part) => sum + part) / 1_000
      while (bytes.length === 33 && spent() < 60);
    }, 300)[0]?.what,
  ).toMatch(/^takes \d/)
  expect(
    findingsOf(() => {
      throw new DecodeError("as it should")
    }),
  ).toEqual([])
})

test("the same seed brings the same inputs", () => {
  const seen = [1, 2].map(() => {
    const inputs: string[] = []
    findingsOf((bytes) => void inputs.push(Buffer.from(bytes).toString("hex")))
    return inputs.join(" ")
  })
  expect(seen[0]).toBe(seen[1])
})
