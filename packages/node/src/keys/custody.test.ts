import { x25519 } from "@noble/curves/ed25519.js"
import { hkdfSync } from "node:crypto"
import { mayAct, parseSecretKey, publicKeyOf, readHome, readKeySchedule, timestampFromUnixMillis, verifyRecord } from "@tessera/mosaic"
import type { SecretKey } from "@tessera/mosaic"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { seededRandom } from "../vault/testing.ts"
import { buildSchedule, createPerson, deriveHomeKey, doorPorts, encryptionPublicKey, restorePerson } from "./keys.ts"
import type { Face } from "./keys.ts"

const NOW = timestampFromUnixMillis(1_700_000_000_000)
const secretKey = (byte: number): SecretKey => parseSecretKey(new Uint8Array(32).fill(byte))

describe("a new person", () => {
  test("has keys of which none is another, and a schedule that lists the device and the encryption key", () => {
    const { master, secrets, schedule } = createPerson({ random: seededRandom(1), now: NOW })
    const keys = [master, secrets.device, secrets.encryption, secrets.door, secrets.friends, secrets.state].map((key) =>
      Buffer.from(key).toString("hex"),
    )
    expect(new Set(keys).size).toBe(6)
    expect(secrets.person).toEqual(publicKeyOf(master))
    const [listed, home, ...others] = secrets.firstRecords
    expect([listed, others]).toEqual([schedule.bytes, []])
    expect(readHome(verifyRecord(home ?? schedule.bytes))).toEqual({ number: 0, door: publicKeyOf(secrets.door), former: [] })

    const read = readKeySchedule(verifyRecord(schedule.bytes))
    expect(read.master).toEqual(secrets.person)
    expect(read.entries.map(({ use, state, key }) => ({ use, state, key }))).toEqual([
      { use: "signing", state: "active", key: publicKeyOf(secrets.device) },
      { use: "encryption", state: "active", key: x25519.getPublicKey(secrets.encryption) },
    ])
    expect(mayAct(read, { signer: publicKeyOf(secrets.device), author: secrets.person, timestamp: NOW, received: NOW })).toEqual({
      ok: true,
    })
    expect(mayAct(read, { signer: publicKeyOf(secrets.door), author: secrets.person, timestamp: NOW, received: NOW })).toMatchObject({
      ok: false,
    })
  })

  test("is restored on another device: same person, same homes, other device, encryption and state keys", () => {
    const first = createPerson({ random: seededRandom(1), now: NOW })
    const again = restorePerson(first.master, { random: seededRandom(2), now: NOW })
    expect(again.secrets).toMatchObject({
      person: first.secrets.person,
      door: first.secrets.door,
      friends: first.secrets.friends,
      homeNumber: 0,
    })
    for (const name of ["device", "encryption", "state"] as const) expect(again.secrets[name]).not.toEqual(first.secrets[name])
    expect(readKeySchedule(again.schedule).entries[0]?.key).toEqual(publicKeyOf(again.secrets.device))
    expect([...doorPorts(again.secrets.door)]).toEqual([...doorPorts(first.secrets.door)])
  })

  test("restored with the earlier schedule at hand keeps the earlier device, and the schedule is newer also when the clock is not", () => {
    const first = createPerson({ random: seededRandom(1), now: NOW })
    const earlier = timestampFromUnixMillis(1_600_000_000_000)
    const again = restorePerson(first.master, { random: seededRandom(2), now: earlier, previous: readKeySchedule(first.schedule) })
    expect(again.schedule.timestamp).toBe(first.schedule.timestamp + 1n)
    expect(readKeySchedule(again.schedule).entries.map(({ use, state, key }) => [use, state, key])).toEqual([
      ["signing", "active", publicKeyOf(again.secrets.device)],
      ["encryption", "active", encryptionPublicKey(again.secrets.encryption)],
      ["signing", "active", publicKeyOf(first.secrets.device)],
      ["encryption", "outOfUse", encryptionPublicKey(first.secrets.encryption)],
    ])
  })

  test("is not given another person's schedule", () => {
    const other = createPerson({ random: seededRandom(5), now: NOW })
    const { master, secrets } = createPerson({ random: seededRandom(6), now: NOW })
    const parts = {
      master,
      device: secrets.device,
      encryptionKey: encryptionPublicKey(secrets.encryption),
      now: NOW,
      previous: readKeySchedule(other.schedule),
    }
    expect(() => buildSchedule(parts)).toThrow(RangeError)
  })
})

describe("a home key", () => {
  test("is HKDF-SHA-256 of the master seed, as Node computes it", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.constantFrom<Face>("door", "friends"),
        fc.integer({ min: 0, max: 0xffff_ffff }),
        (seed, face, number) => {
          const info = Buffer.concat([
            Buffer.from("tessera home"),
            Buffer.from([face === "door" ? 0 : 1]),
            Buffer.from(number.toString(16).padStart(8, "0"), "hex"),
          ])
          expect(deriveHomeKey(parseSecretKey(seed), face, number)).toEqual(
            new Uint8Array(hkdfSync("sha256", seed, new Uint8Array(0), info, 32)),
          )
        },
      ),
      { numRuns: 50 },
    )
  })

  test("is fixed for ever: every card depends on it", () => {
    expect(Buffer.from(deriveHomeKey(secretKey(7), "door", 0)).toString("hex")).toBe(
      Buffer.from(hkdfSync("sha256", new Uint8Array(32).fill(7), "", Buffer.from("tessera home\0\0\0\0\0", "latin1"), 32)).toString("hex"),
    )
    for (const number of [-1, 1.5, 2 ** 32, Number.NaN]) expect(() => deriveHomeKey(secretKey(7), "door", number)).toThrow(RangeError)
  })
})

test("door ports are the same for the same door, in bounds, and many", () => {
  const ports = [...doorPorts(secretKey(7))]
  expect([...doorPorts(secretKey(7))]).toEqual(ports)
  expect([...doorPorts(secretKey(8))]).not.toEqual(ports)
  for (const port of ports) expect(port >= 10_000 && port < 30_000).toBe(true)
  expect(new Set(ports).size).toBeGreaterThan(60)
  const second = hkdfSync("sha256", new Uint8Array(32).fill(7), "", Buffer.from("tessera door port\0\0\0\u0001", "latin1"), 4)
  expect(ports[1]).toBe(10_000 + (new DataView(second).getUint32(0) % 20_000))
})
