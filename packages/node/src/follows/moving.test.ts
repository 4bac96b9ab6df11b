import { buildHome, equalBytes, parseSecretKey, publicKeyOf, readHome, timestampFromUnixMillis } from "@tessera/mosaic"
import type { PublicKey, VerifiedRecord } from "@tessera/mosaic"
import { openMemoryStore } from "@tessera/mosaic-server"
import { expect, test } from "vitest"
import type { Follow } from "./follow-state.ts"
import { createMover, nextDoor } from "./moving.ts"

const secret = (byte: number) => parseSecretKey(new Uint8Array(32).fill(byte))
const key = (byte: number) => publicKeyOf(secret(byte))
const at = (millis: number) => timestampFromUnixMillis(1_790_000_000_000 + millis)
const person = key(1)
const home = (number: number, millis: number, ...doors: number[]): VerifiedRecord =>
  buildHome({ master: secret(1), number, doors: doors.map(secret), timestamp: at(millis) })
const follow = (door: number): Follow => ({ person, door: key(door), hints: [{ host: "10.0.0.1", port: 4_000 }], since: 0 })

test("only a Home that knows the door where somebody is read leads away from it", () => {
  const third = readHome(home(2, 0, 12, 11, 10))
  expect(nextDoor(follow(10), third)).toEqual(key(12))
  expect(nextDoor(follow(11), third)).toEqual(key(12))
  expect(nextDoor(follow(12), third)).toBeUndefined()
  expect(nextDoor(follow(13), third)).toBeUndefined()
  expect(nextDoor(follow(10), undefined)).toBeUndefined()
})

/** Doors that open when the test says so, and waits that end when it says so. */
function world(first: Follow) {
  const records = openMemoryStore({ now: () => at(1_000) })
  let current: Follow | undefined = first
  const open: PublicKey[] = []
  const tried: PublicKey[] = []
  const waits: { readonly milliseconds: number; readonly end: () => void }[] = []
  const moves: PublicKey[] = []
  const failures: unknown[] = []
  const mover = createMover({
    clock: {
      sleep: (milliseconds, signal) =>
        new Promise<void>((resolve, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason as Error))
          waits.push({ milliseconds, end: resolve })
        }),
    },
    records,
    followOf: () => current,
    async visit({ door, hints }) {
      expect(hints).toEqual(first.hints)
      tried.push(door)
      if (!open.some((each) => equalBytes(each, door))) throw new Error("closed")
    },
    async move(_, door) {
      moves.push(door)
      current = { ...first, door }
    },
    onFailure: (error) => failures.push(error),
  })
  const consider = async (): Promise<void> => {
    mover.consider(person)
    await settle()
  }
  return { records, open, tried, waits, moves, failures, mover, consider, leave: () => (current = undefined) }
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10))

test("a new door is tried until it opens, less and less often, and nobody moves before", async () => {
  const { records, open, tried, waits, moves, failures, consider } = world(follow(10))
  await consider()
  expect(tried).toEqual([])
  await records.put([home(1, 0, 11, 10)])
  await consider()
  await consider()
  for (let i = 0; i < 9; i++) {
    waits.at(-1)?.end()
    await settle()
  }
  expect(tried).toHaveLength(10)
  expect(waits.map(({ milliseconds }) => milliseconds / 1_000)).toEqual([30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600, 3_600])
  expect(moves).toEqual([])
  open.push(key(11))
  waits.at(-1)?.end()
  await settle()
  expect(moves).toEqual([key(11)])
  await consider()
  expect([tried.length, waits.length, failures]).toEqual([11, 10, []])
})

test("a still newer Home counts from the next attempt on, and whoever is left is not looked for", async () => {
  const { records, open, tried, waits, moves, consider, leave } = world(follow(10))
  await records.put([home(1, 0, 11, 10)])
  await consider()
  await records.put([home(2, 5, 12, 11, 10)])
  open.push(key(12))
  await consider()
  waits.at(-1)?.end()
  await settle()
  expect([tried, moves]).toEqual([[key(11), key(12)], [key(12)]])
  leave()
  await records.put([home(3, 6, 13, 12)])
  await consider()
  expect(tried).toHaveLength(2)
})

test("ends while it waits, and says what of ours fails", async () => {
  const { records, waits, failures, mover, consider } = world(follow(10))
  await records.put([home(1, 0, 11, 10)])
  await consider()
  expect(waits).toHaveLength(1)
  await mover[Symbol.asyncDispose]()
  await consider()
  expect([waits.length, failures]).toEqual([1, []])
  const broken = world(follow(10))
  await broken.records.put([home(1, 0, 11, 10)])
  broken.open.push(key(11))
  broken.moves.push = () => {
    throw new Error("disk full")
  }
  await broken.consider()
  expect(broken.failures).toEqual([new Error("disk full")])
})
