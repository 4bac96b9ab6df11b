import {
  type VerifiedRecord,
  MICROBLOG_ROOT,
  buildRecord,
  nonceFromTimestamp,
  parseSecretKey,
  publicKeyOf,
  timestampFromUnixMillis,
  toHex,
} from "@tessera/mosaic"
import { StorageError } from "@tessera/mosaic-server"
import { recordStoreContract } from "@tessera/mosaic-server/store-contract"
import { expect, test } from "vitest"
import type { Machine } from "../simulation/machine.ts"
import { seedsToRun } from "../simulation/seed.ts"
import { Simulation } from "../simulation/simulation.ts"
import { SeededRandom } from "../simulation/random.ts"
import { Trace } from "../simulation/trace.ts"
import { SimulatedDisk } from "./disk.ts"
import { openSimulatedStore } from "./record-store.ts"

const author = parseSecretKey(new Uint8Array(32).fill(1))
const NOTES: readonly VerifiedRecord[] = Array.from({ length: 40 }, (_, index) => {
  const timestamp = timestampFromUnixMillis(1_790_000_000_000 + index)
  const payload = new TextEncoder().encode(`note ${index}`)
  return buildRecord({
    author: publicKeyOf(author),
    signer: author,
    kind: MICROBLOG_ROOT,
    nonce: nonceFromTimestamp(timestamp),
    timestamp,
    payload,
  })
})

const open = (machine: Machine) =>
  machine.do(() => openSimulatedStore({ disk: machine.disk, file: "log", now: () => timestampFromUnixMillis(machine.unixMillis()) }))

const idOf = (record: VerifiedRecord): string => toHex(record.id)

async function contentOf(machine: Machine): Promise<readonly { id: string; sequence: number; received: bigint }[]> {
  const store = await open(machine)
  const { records } = await store.query({}, { limit: 1_000 })
  return records
    .map(({ record, sequence, received }) => ({ id: idOf(record), sequence, received }))
    .sort((one, other) => one.sequence - other.sequence)
}

test("loses nothing acknowledged and keeps no half batch, whichever step the power goes at", async () => {
  for (const seed of seedsToRun(60, undefined)) {
    await new Simulation(seed).run(async (simulation) => {
      const ada = simulation.machine("ada")
      const acknowledged = new Map<string, { sequence: number; received: bigint }>()
      const removed = new Set<string>()
      for (let life = 0; life < 4; life += 1) {
        const store = await open(ada)
        ada.disk.crashAtStep(simulation.random.integer(1, 20), simulation.random.chance(0.5) ? "before" : "after")
        try {
          for (;;) {
            const first = 5 * simulation.random.integer(0, 7)
            const batch = NOTES.slice(first, first + 5)
            const outcomes = await ada.do(() => store.put(batch))
            for (const [index, record] of batch.entries()) {
              const outcome = outcomes[index]
              if (outcome?.outcome === "stored") acknowledged.set(idOf(record), outcome)
            }
            if (simulation.random.chance(0.2)) {
              const gone = simulation.random.pick(batch)
              removed.add(idOf(gone))
              await ada.do(() => store.remove([gone.id]))
              acknowledged.delete(idOf(gone))
            }
          }
        } catch (error) {
          expect(error).toMatchObject({ name: "MachineCrashed" })
        }
        ada.start()
        const found = await contentOf(ada)
        const ids = new Set(found.map(({ id }) => id))
        for (const { id, sequence, received } of found) {
          const known = acknowledged.get(id)
          if (known !== undefined) expect({ id, sequence, received }).toEqual({ id, sequence: known.sequence, received: known.received })
        }
        for (const id of acknowledged.keys()) if (!removed.has(id)) expect(ids).toContain(id)
        for (let first = 0; first < NOTES.length; first += 5) {
          const here = NOTES.slice(first, first + 5).filter((record) => ids.has(idOf(record)) || removed.has(idOf(record)))
          // One that was removed had been there, and its batch with it.
          expect([0, 5]).toContain(here.length)
        }
        for (const { id, sequence, received } of found) acknowledged.set(id, { sequence, received })
      }
    })
  }
})

test("refuses with a full disk, stores nothing then, and goes on once there is room", async () => {
  await new Simulation(1n).run(async (simulation) => {
    const ada = simulation.machine("ada")
    const store = await open(ada)
    await store.put(NOTES.slice(0, 2))
    ada.disk.capacity = ada.disk.used + 100
    const refused = await store.put(NOTES.slice(2, 4)).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(StorageError)
    expect(refused).toMatchObject({ reason: "full" })
    expect(await store.get(NOTES.slice(2, 4).map(({ id }) => id))).toEqual([])
    ada.disk.capacity = Number.POSITIVE_INFINITY
    await store.put(NOTES.slice(4, 6))
    const expected = [...NOTES.slice(0, 2), ...NOTES.slice(4, 6)].map(idOf)
    ada.crash("power")
    ada.start()
    expect((await contentOf(ada)).map(({ id }) => id)).toEqual(expected)
  })
})

recordStoreContract("simulated", {
  async place() {
    const disk = new SimulatedDisk({
      name: "disk",
      random: new SeededRandom(1n, "disk"),
      trace: new Trace(() => 0),
      wait: () => Promise.resolve(),
      crash: () => undefined,
    })
    const options = { disk, file: "log" }
    return {
      open: (now, elapsed) => openSimulatedStore({ ...options, now, ...(elapsed !== undefined && { elapsed }) }),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }
  },
})
