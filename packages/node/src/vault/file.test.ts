import { describe, expect, test } from "vitest"
import fc from "fast-check"
import { VaultError } from "./errors.ts"
import { decodeVaultFile, encodeVaultFile, refuseNewerVault } from "./file.ts"
import type { VaultFile } from "./file.ts"
import { CHEAP, memoryVaultStorage, quickClock, seededRandom, testPerson } from "./testing.ts"
import { openVault, VAULT_FILE_LIMIT } from "./vault.ts"

const exactly = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length })
const wrap = fc.record({
  cost: fc.record({
    memoryKiB: fc.integer({ min: 128, max: 1_048_576 }),
    passes: fc.integer({ min: 1, max: 16 }),
    lanes: fc.integer({ min: 1, max: 16 }),
  }),
  salt: exactly(16),
  nonce: exactly(24),
  sealed: exactly(48),
})
const vaultFile: fc.Arbitrary<VaultFile> = fc.record({
  dataKey: wrap,
  master: wrap,
  secrets: fc.record({ nonce: exactly(24), sealed: fc.uint8Array({ minLength: 16, maxLength: 2_000 }) }),
})
const text = (json: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(json))

async function aVault(): Promise<Uint8Array> {
  const storage = memoryVaultStorage()
  const random = seededRandom(5)
  await openVault({ storage, clock: quickClock(), random, kdf: CHEAP }).create({ passphrase: "right", ...testPerson(random) })
  return storage.bytes ?? new Uint8Array(0)
}

describe("a vault file", () => {
  test("reads back as it was written", () => {
    fc.assert(
      fc.property(vaultFile, (file) => {
        expect(decodeVaultFile(encodeVaultFile(file))).toEqual(file)
      }),
      { numRuns: 200 },
    )
  })

  test("is refused with a sentence that says what is wrong and what to do", async () => {
    const good = JSON.parse(new TextDecoder().decode(await aVault())) as Record<string, Record<string, unknown>>
    const cases: readonly (readonly [Uint8Array, RegExp])[] = [
      [new Uint8Array(0), /it is empty/],
      [Uint8Array.of(0xff, 0xfe), /it is not JSON/],
      [text([]), /it holds no vault/],
      [text({ ...good, format: "other" }), /does not say that it is a vault/],
      [text({ ...good, version: "1" }), /its version is missing/],
      [text({ ...good, master: null }), /“master” is missing/],
      [text({ ...good, dataKey: { ...good["dataKey"], kdf: "md5" } }), /unknown way to make keys/],
      [text({ ...good, dataKey: { ...good["dataKey"], memoryKiB: 1e9 } }), /out of bounds/],
      [text({ ...good, dataKey: { ...good["dataKey"], passes: 0.5 } }), /out of bounds/],
      [text({ ...good, dataKey: { ...good["dataKey"], salt: "AAAA" } }), /“salt” of “dataKey” has a wrong length/],
      [text({ ...good, secrets: { ...good["secrets"], nonce: "!!" } }), /“nonce” of “secrets” is missing or unreadable/],
      [text({ ...good, check: "0000000000000000" }), /its checksum does not fit/],
      [new Uint8Array(VAULT_FILE_LIMIT + 1).fill(0x20), /larger than any vault/],
    ]
    for (const [bytes, sentence] of cases) {
      expect(() => decodeVaultFile(bytes)).toThrow(sentence)
      expect(() => decodeVaultFile(bytes)).toThrow(/Put vault\.json back from a backup, or restore from your recovery sheet/)
    }
  })

  test("of a newer version is refused untouched, whatever else is in it", () => {
    for (const bytes of [text({ format: "tessera vault", version: 2 }), text({ format: "tessera vault", version: 99, new: "things" })]) {
      expect(() => decodeVaultFile(bytes)).toThrow(expect.objectContaining({ code: "newerVersion" }))
      expect(() => refuseNewerVault(bytes)).toThrow(/newer Tessera/)
    }
    expect(() => refuseNewerVault(Uint8Array.of(1))).not.toThrow()
  })

  test("mutated 10,000 times gives nothing but typed errors, and never opens otherwise than before", async () => {
    const good = await aVault()
    const before = decodeVaultFile(good)
    const random = seededRandom(99)
    let same = 0
    for (let i = 0; i < 10_000; i++) {
      const bytes = mutate(good, random)
      try {
        // What decodes in spite of a mutation (white space, the order of nothing that matters) must say the same.
        expect(decodeVaultFile(bytes)).toEqual(before)
        same++
      } catch (error) {
        if (!(error instanceof VaultError)) throw error
        expect(error.message.length).toBeGreaterThan(40)
      }
    }
    expect(same).toBeLessThan(1_000)
  })

  test("with a part of another vault in it is told from a wrong passphrase", async () => {
    const files = await Promise.all([aVault(), otherVault()])
    const [one, other] = files.map(decodeVaultFile)
    if (one === undefined || other === undefined) throw new Error("unreachable")
    const mixed = (file: VaultFile): Promise<unknown> =>
      openVault({ storage: memoryVaultStorage(encodeVaultFile(file)), clock: quickClock(), random: seededRandom(1), kdf: CHEAP }).unlock(
        "right",
      )
    await expect(mixed({ ...one, secrets: other.secrets })).rejects.toMatchObject({ code: "malformed" })
    await expect(mixed({ ...one, dataKey: other.dataKey })).rejects.toMatchObject({ code: "malformed" })
    expect(await mixed({ ...one, dataKey: one.master })).toMatchObject({ ok: false, code: "wrongPassphrase" })
    const swapped = openVault({
      storage: memoryVaultStorage(encodeVaultFile({ ...one, master: other.master })),
      clock: quickClock(),
      random: seededRandom(1),
      kdf: CHEAP,
    })
    const answer = await swapped.unlock("right")
    if (!answer.ok) throw new Error("unreachable")
    await expect(answer.vault.withMaster("right", () => 1)).rejects.toMatchObject({ code: "malformed" })
  })
})

async function otherVault(): Promise<Uint8Array> {
  const storage = memoryVaultStorage()
  const random = seededRandom(6)
  await openVault({ storage, clock: quickClock(), random, kdf: CHEAP }).create({ passphrase: "right", ...testPerson(random) })
  return storage.bytes ?? new Uint8Array(0)
}

function mutate(good: Uint8Array, random: (length: number) => Uint8Array): Uint8Array {
  const [kind = 0, a = 0, b = 0, value = 0, count = 0] = random(5)
  const at = ((a << 8) | b) % good.length
  switch (kind % 5) {
    case 0:
      return good.with(at, value)
    case 1:
      return good.subarray(0, at)
    case 2:
      return Uint8Array.of(...good.subarray(0, at), ...random(1 + (count % 8)), ...good.subarray(at))
    case 3:
      return Uint8Array.of(...good.subarray(0, at), ...good.subarray(at + 1 + (count % 32)))
    default:
      return good.with(at, (good[at] ?? 0) ^ (1 << (value % 8)))
  }
}
