import { equalBytes } from "@tessera/mosaic"
import { describe, expect, test } from "vitest"
import { systemClock } from "../adapters/system-clock.ts"
import { systemRandom } from "../adapters/system-random.ts"
import { BusyError } from "../turnstile.ts"
import { VaultError } from "./errors.ts"
import { CHEAP, memoryVaultStorage, quickClock, seededRandom, testPerson } from "./testing.ts"
import { openVault } from "./vault.ts"
import type { UnlockedVault, Vault } from "./vault.ts"

const PASSPHRASE = "correct horse battery staple"

async function made(): Promise<{
  vault: Vault
  unlocked: UnlockedVault
  storage: ReturnType<typeof memoryVaultStorage>
  clock: ReturnType<typeof quickClock>
  person: ReturnType<typeof testPerson>
}> {
  const random = seededRandom(7)
  const storage = memoryVaultStorage()
  const clock = quickClock()
  const vault = openVault({ storage, clock, random, kdf: CHEAP })
  const person = testPerson(random)
  const unlocked = await vault.create({ passphrase: PASSPHRASE, ...person })
  return { vault, unlocked, storage, clock, person }
}

async function unlock(vault: Vault, passphrase: string): Promise<UnlockedVault> {
  const answer = await vault.unlock(passphrase)
  if (!answer.ok) throw new Error(answer.reason)
  return answer.vault
}

test("a vault for people, with its real cost and the real clock, opens, and refuses after a second", async () => {
  const vault = openVault({ storage: memoryVaultStorage(), clock: systemClock, random: systemRandom })
  const unlocked = await vault.create({ passphrase: PASSPHRASE, ...testPerson(systemRandom) })
  expect(await vault.unlock(PASSPHRASE)).toMatchObject({ ok: true })
  for (const refuse of [() => vault.unlock("wrong"), () => unlocked.withMaster("wrong", () => 1)]) {
    const before = performance.now()
    expect(await refuse()).toMatchObject({ ok: false })
    expect(performance.now() - before).toBeGreaterThan(990)
  }
})

describe("a vault", () => {
  test("is new, then locked, and gives back what was put in", async () => {
    const { vault, unlocked, person } = await made()
    expect(await vault.stage()).toBe("locked")
    const again = await unlock(vault, PASSPHRASE)
    expect(again.secrets).toEqual(person.secrets)
    expect(again.keyFor("records")).toEqual(unlocked.keyFor("records"))
    expect(again.keyFor("records")).not.toEqual(again.keyFor("index"))
    expect(await openVault({ storage: memoryVaultStorage(), clock: quickClock(), random: seededRandom(1) }).stage()).toBe("new")
  })

  test("opens for the same letters however they were composed", async () => {
    const { vault, unlocked } = await made()
    await unlocked.changePassphrase(PASSPHRASE, "Zoe\u0308 ﬁnds A\u030A")
    await expect(vault.unlock("Zoë finds Å")).resolves.toMatchObject({ ok: true })
  })

  test("refuses a wrong passphrase as a value after a second, whatever was wrong with it", async () => {
    const { vault, unlocked, clock } = await made()
    for (const wrong of ["", "correct horse battery stapl", "x".repeat(5_000), "\ud800"]) {
      clock.slept.length = 0
      expect(await vault.unlock(wrong)).toMatchObject({ ok: false, code: "wrongPassphrase" })
      expect(await unlocked.withMaster(wrong, () => "done")).toMatchObject({ ok: false, code: "wrongPassphrase" })
      expect(await unlocked.changePassphrase(wrong, "next")).toMatchObject({ ok: false, code: "wrongPassphrase" })
      expect(clock.slept).toEqual([1_000, 1_000, 1_000])
    }
  })

  test("takes attempts one after the other, and no more than sixteen at a time", async () => {
    const { vault, clock } = await made()
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => vault.unlock("wrong")))
    const refused = results.filter((result) => result.status === "rejected").map((result): unknown => result.reason)
    expect(refused).toEqual([new BusyError(), new BusyError(), new BusyError(), new BusyError()])
    expect(clock.slept.length).toBe(16)
  })

  test("ends an attempt that is given up", async () => {
    const { vault } = await made()
    const controller = new AbortController()
    controller.abort(new Error("given up"))
    await expect(vault.unlock(PASSPHRASE, { signal: controller.signal })).rejects.toThrow("given up")
    await expect(vault.unlock(PASSPHRASE)).resolves.toMatchObject({ ok: true })
  })

  test("lends the master for an act, and wipes it after, also when the act fails", async () => {
    const { unlocked, person } = await made()
    const lent: Uint8Array[] = []
    const answer = await unlocked.withMaster(PASSPHRASE, (master) => {
      lent.push(master)
      return equalBytes(master, person.master)
    })
    expect(answer).toEqual({ ok: true, value: true })
    await expect(
      unlocked.withMaster(PASSPHRASE, (master) => {
        lent.push(master)
        throw new Error("the act failed")
      }),
    ).rejects.toThrow("the act failed")
    expect(lent.map((master) => master.every((byte) => byte === 0))).toEqual([true, true])
  })

  test("changes its passphrase and keeps everything else", async () => {
    const { vault, unlocked, person } = await made()
    const before = unlocked.keyFor("records")
    expect(await unlocked.changePassphrase(PASSPHRASE, "another one")).toEqual({ ok: true })
    expect(await vault.unlock(PASSPHRASE)).toMatchObject({ ok: false })
    const again = await unlock(vault, "another one")
    expect(again.keyFor("records")).toEqual(before)
    expect(await again.withMaster("another one", (master) => Uint8Array.from(master))).toEqual({
      ok: true,
      value: Uint8Array.from(person.master),
    })
    await expect(again.changePassphrase("another one", "  ")).rejects.toThrow(RangeError)
  })

  test("keeps both changes when a secret and the passphrase change at once", async () => {
    const { vault, unlocked } = await made()
    await Promise.all([
      unlocked.changePassphrase(PASSPHRASE, "another one"),
      unlocked.updateSecrets({ doorPort: 12_345 }),
      unlocked.updateSecrets({ homeNumber: 3 }),
    ])
    const again = await unlock(vault, "another one")
    expect(again.secrets).toMatchObject({ doorPort: 12_345, homeNumber: 3 })
  })

  test("changes nothing when the disk refuses", async () => {
    const { vault, unlocked, storage, person } = await made()
    storage.failure = new Error("full")
    await expect(unlocked.updateSecrets({ doorPort: 12_345 })).rejects.toThrow("full")
    await expect(unlocked.changePassphrase(PASSPHRASE, "another one")).rejects.toThrow("full")
    expect(unlocked.secrets).toEqual(person.secrets)
    storage.failure = undefined
    await unlocked.updateSecrets({ homeNumber: 1 })
    expect((await unlock(vault, PASSPHRASE)).secrets).toEqual({ ...person.secrets, homeNumber: 1 })
  })

  test("wipes its keys when it is locked, and says so afterwards", async () => {
    const { unlocked } = await made()
    const secrets = unlocked.secrets
    unlocked[Symbol.dispose]()
    for (const key of [secrets.device, secrets.encryption, secrets.door, secrets.friends, secrets.state])
      expect(key.every((byte) => byte === 0)).toBe(true)
    expect(() => unlocked.secrets).toThrow(VaultError)
    expect(() => unlocked.keyFor("records")).toThrow("locked")
    await expect(unlocked.withMaster(PASSPHRASE, () => 1)).rejects.toThrow(VaultError)
    await expect(unlocked.updateSecrets({ homeNumber: 1 })).rejects.toThrow(VaultError)
  })

  test("is never made over another one, not even over a damaged one", async () => {
    const { vault, storage, person } = await made()
    const before = storage.bytes
    await expect(vault.create({ passphrase: PASSPHRASE, ...person })).rejects.toMatchObject({ code: "exists" })
    expect(storage.bytes).toBe(before)
    const damaged = Uint8Array.of(1, 2, 3)
    storage.bytes = damaged
    await expect(vault.create({ passphrase: PASSPHRASE, ...person })).rejects.toMatchObject({ code: "exists" })
    expect(storage.bytes).toBe(damaged)
  })

  test("says that there is none to unlock", async () => {
    const vault = openVault({ storage: memoryVaultStorage(), clock: quickClock(), random: seededRandom(1), kdf: CHEAP })
    await expect(vault.unlock(PASSPHRASE)).rejects.toMatchObject({ code: "missing" })
  })
})
