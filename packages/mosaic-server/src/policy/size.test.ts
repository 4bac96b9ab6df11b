import { MICROBLOG_ROOT, PROFILE, RESULT } from "@tessera/mosaic"
import { expect, it } from "vitest"
import { persona, write } from "../testing/personas.test-suite.ts"
import type { Kind } from "@tessera/mosaic"
import { sizePolicy } from "./size.ts"

const ann = persona(1)
const peer = { key: undefined, remote: "test", id: 1 }
const context = { scheduleOf: async () => undefined, masterOf: async () => ann.key }
const policy = sizePolicy({ recordBytes: 1_000, kinds: new Map<Kind, number>([[PROFILE, 3_000]]) })

const admitted = async (kind: Kind, bytes: number) => {
  // Header and signature take 216 bytes.
  const record = write(ann, { kind, payload: new Uint8Array(bytes - 216) })
  expect(record.bytes.length).toBe(bytes)
  const verdict = await policy.admit(record, peer, context)
  return verdict.ok ? "taken" : verdict.code
}

it("takes a record up to the bound of its kind, to the byte", async () => {
  expect([await admitted(MICROBLOG_ROOT, 1_000), await admitted(MICROBLOG_ROOT, 1_008)]).toEqual(["taken", RESULT.TOO_LARGE])
  expect([await admitted(PROFILE, 3_000), await admitted(PROFILE, 3_008)]).toEqual(["taken", RESULT.TOO_LARGE])
})

it("refuses what is too large for every kind before it is verified, and lets queries be", () => {
  const hear = (type: "submission" | "query", bytes: number) => policy.hear?.(peer, { type, bytes })
  expect([hear("submission", 3_000), hear("submission", 3_001), hear("query", 0)]).toMatchObject([
    { ok: true },
    { code: RESULT.TOO_LARGE },
    { ok: true },
  ])
})
