import { describe, expect, test } from "vitest"
import { openFileStorage } from "../adapters/file-storage.ts"
import { SimulatedDisk } from "../adapters/simulated-disk.ts"
import { CHEAP, quickClock, seededRandom, testPerson } from "./testing.ts"
import { openVault } from "./vault.ts"
import type { UnlockedVault, Vault } from "./vault.ts"

const random = seededRandom(11)
const clock = quickClock()
const person = testPerson(random)

function vaultOn(files: SimulatedDisk): Vault {
  return openVault({ storage: openFileStorage("/data", { clock, files }), clock, random, kdf: CHEAP })
}

async function made(): Promise<{ disk: SimulatedDisk; unlocked: UnlockedVault }> {
  const disk = new SimulatedDisk()
  const unlocked = await vaultOn(disk).create({ passphrase: "old", ...person })
  disk.steps = 0
  return { disk, unlocked }
}

/** Which of the passphrases opens the vault, after a check that everything is there. */
async function whichOpens(disk: SimulatedDisk, key: Uint8Array): Promise<string[]> {
  const opening: string[] = []
  for (const passphrase of ["old", "new"]) {
    const answer = await vaultOn(disk).unlock(passphrase)
    if (!answer.ok) continue
    expect(answer.vault.keyFor("records")).toEqual(key)
    expect({ ...answer.vault.secrets, doorPort: 1 }).toEqual({ ...person.secrets, doorPort: 1 })
    expect(await answer.vault.withMaster(passphrase, (master) => Uint8Array.from(master))).toEqual({
      ok: true,
      value: Uint8Array.from(person.master),
    })
    opening.push(passphrase)
  }
  return opening
}

describe("when the power goes in the middle of", () => {
  test("a change of the passphrase, either the old or the new one opens everything", async () => {
    const seen = new Set<string>()
    let steps = 1
    for (let at = 0; at < steps; at++) {
      const { disk, unlocked } = await made()
      const key = unlocked.keyFor("records")
      disk.powerLossAt = at
      await expect(unlocked.changePassphrase("old", "new")).rejects.toThrow()
      for (const survivor of disk.afterPowerLoss()) {
        const opening = await whichOpens(survivor, key)
        expect(opening).toHaveLength(1)
        seen.add(opening.join())
        // And the next change works on what is left.
        const next = await vaultOn(survivor).unlock(opening.join())
        if (!next.ok) throw new Error("unreachable")
        expect(await next.vault.changePassphrase(opening.join(), "third")).toEqual({ ok: true })
        expect(await vaultOn(survivor).unlock("third")).toMatchObject({ ok: true })
      }
      const whole = await made()
      await whole.unlocked.changePassphrase("old", "new")
      steps = whole.disk.steps
    }
    expect(steps).toBe(4)
    expect(seen).toEqual(new Set(["old", "new"]))
  })

  test("nothing: once the change is said to be done, only the new one opens", async () => {
    const { disk, unlocked } = await made()
    await unlocked.changePassphrase("old", "new")
    for (const survivor of disk.afterPowerLoss()) expect(await whichOpens(survivor, unlocked.keyFor("records"))).toEqual(["new"])
  })

  test("an update of the secrets, they are as before or as after", async () => {
    const ports = new Set<number | undefined>()
    for (let at = 0; at < 4; at++) {
      const { disk, unlocked } = await made()
      disk.powerLossAt = at
      await expect(unlocked.updateSecrets({ doorPort: 12_345 })).rejects.toThrow()
      for (const survivor of disk.afterPowerLoss()) {
        const answer = await vaultOn(survivor).unlock("old")
        if (!answer.ok) throw new Error("the passphrase does not open it")
        expect({ ...answer.vault.secrets, doorPort: 12_345 }).toEqual({ ...person.secrets, doorPort: 12_345 })
        ports.add(answer.vault.secrets.doorPort)
      }
    }
    expect(ports).toEqual(new Set([undefined, 12_345]))
  })

  test("making the vault, there is none or a whole one", async () => {
    const stages = new Set<string>()
    for (let at = 0; at < 4; at++) {
      const disk = new SimulatedDisk()
      disk.powerLossAt = at
      await expect(vaultOn(disk).create({ passphrase: "old", ...person })).rejects.toThrow()
      for (const survivor of disk.afterPowerLoss()) {
        const vault = vaultOn(survivor)
        const stage = await vault.stage()
        stages.add(stage)
        if (stage === "new") await vault.create({ passphrase: "old", ...person })
        expect(await vault.unlock("old")).toMatchObject({ ok: true })
      }
    }
    expect(stages).toEqual(new Set(["new", "locked"]))
  })
})

describe("when the disk is full", () => {
  test("at any step of a change of the passphrase, it is said, and memory and disk agree on which one holds", async () => {
    for (let at = 0; at < 4; at++) {
      const { disk, unlocked } = await made()
      disk.failAt = at
      disk.failure = Object.assign(new Error("no space left on device"), { code: "ENOSPC" })
      await expect(unlocked.changePassphrase("old", "new")).rejects.toMatchObject({ name: "StorageError", reason: "full" })
      disk.failure = undefined
      const [holds] = await whichOpens(disk, unlocked.keyFor("records"))
      expect(holds).toBe(at < 3 ? "old" : "new")
      expect(await unlocked.withMaster(holds ?? "", () => "agreed")).toEqual({ ok: true, value: "agreed" })
    }
  })
})

test("no seed, no key and no passphrase stands in any byte that the disk was ever given", async () => {
  const { disk, unlocked } = await made()
  await unlocked.changePassphrase("old", "a passphrase that nobody would guess")
  await unlocked.updateSecrets({ doorPort: 12_345 })
  const { secrets } = unlocked
  const secret = [
    person.master,
    secrets.device,
    secrets.encryption,
    secrets.door,
    secrets.friends,
    secrets.state,
    unlocked.keyFor("records"),
    unlocked.keyFor("index"),
  ]
  const needles = [
    "a passphrase that nobody would guess",
    ...secret.flatMap((bytes) => [
      Buffer.from(bytes).toString("latin1"),
      Buffer.from(bytes).toString("hex"),
      Buffer.from(bytes).toString("base64url").slice(0, 40),
    ]),
  ]
  let searched = 0
  for (const bytes of disk.allBytes()) {
    const hay = Buffer.from(bytes).toString("latin1")
    searched += hay.length
    for (const needle of needles) expect(hay.includes(needle)).toBe(false)
  }
  expect(searched).toBeGreaterThan(1_000)
})
