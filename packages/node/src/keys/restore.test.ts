import { publicKeyOf, timestampFromUnixMillis } from "@tessera/mosaic"
import { expect, test } from "vitest"
import { chooseHints, formatCard } from "../card/card.ts"
import { CHEAP, memoryVaultStorage, quickClock, seededRandom } from "../vault/testing.ts"
import { openVault } from "../vault/vault.ts"
import type { PersonSecrets } from "../vault/vault.ts"
import { createPerson, doorPorts, makeRecoverySheet, openRecoverySheet, restorePerson } from "./keys.ts"

const NOW = timestampFromUnixMillis(1_700_000_000_000)
const cardOf = ({ person, door, doorPort = 0 }: PersonSecrets): string =>
  formatCard({ person, door: publicKeyOf(door), hints: chooseHints(["192.168.1.7"], doorPort) })

test("a recovery sheet made on one machine gives, in an empty folder of another, the same person with the same card", async () => {
  const random = seededRandom(31)
  const ports = { clock: quickClock(), random, kdf: CHEAP }
  const first = createPerson({ random, now: NOW })
  const [doorPort = 0] = doorPorts(first.secrets.door)
  const vault = openVault({ ...ports, storage: memoryVaultStorage() })
  const here = await vault.create({ passphrase: "five random words", master: first.master, secrets: { ...first.secrets, doorPort } })
  const made = await here.withMaster("five random words", (master) =>
    makeRecoverySheet(master, "five random words", { random, logN: CHEAP.sheetLogN }),
  )
  if (!made.ok) throw new Error(made.reason)

  const opened = await openRecoverySheet(made.value.text, "five random words")
  if (!opened.ok) throw new Error(opened.reason)
  const again = restorePerson(opened.master, { random, now: NOW })
  const [samePort = 0] = doorPorts(again.secrets.door)
  const there = await openVault({ ...ports, storage: memoryVaultStorage() }).create({
    passphrase: "other words",
    master: opened.master,
    secrets: { ...again.secrets, doorPort: samePort },
  })
  expect(cardOf(there.secrets)).toBe(cardOf(here.secrets))
  expect(there.secrets.device).not.toEqual(here.secrets.device)
  expect(await there.withMaster("other words", (master) => Uint8Array.from(master))).toEqual({
    ok: true,
    value: Uint8Array.from(first.master),
  })
})

test("a restored person keeps the first port of their door, taken or not", () => {
  const first = createPerson({ random: seededRandom(7), now: NOW })
  const again = restorePerson(first.master, { random: seededRandom(8), now: NOW })
  expect(first.secrets.doorPort).toBeUndefined()
  expect(again.secrets.doorPort).toBe([...doorPorts(first.secrets.door)][0])
})
