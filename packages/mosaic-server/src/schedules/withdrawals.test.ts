import { type KeyScheduleEntry, type Timestamp, type VerifiedRecord, buildKept, makeKind, nonceFromText } from "@tessera/mosaic"
import { expect, test } from "vitest"
import { openMemoryStore } from "../store/memory.ts"
import type { RecordStore } from "../store/port.ts"
import { NOON, later, persona, schedule, write } from "../testing/personas.test-suite.ts"
import { KeyScheduleDirectory } from "./directory.ts"
import { Withdrawals } from "./withdrawals.ts"

const ann = persona(1)
const bob = persona(2)
const signal = new AbortController().signal
const revoked = (state: KeyScheduleEntry["state"], since: Timestamp, at = 100): VerifiedRecord => schedule(ann, state, since, later(at))
const kept = (...records: readonly VerifiedRecord[]): VerifiedRecord =>
  buildKept({ master: ann.secret, device: ann.deviceKey, timestamp: later(99), ids: records.map(({ id }) => id) })

function rig(store?: RecordStore) {
  let now = NOON
  const records = store ?? openMemoryStore({ now: () => now })
  const directory = new KeyScheduleDirectory(records)
  const failures: unknown[] = []
  const withdrawals = new Withdrawals({
    store: records,
    directory,
    sleep: async () => {},
    onFailure: (_, error) => void failures.push(error),
  })
  return {
    records,
    failures,
    withdrawals,
    put: async (seconds: number, ...batch: readonly VerifiedRecord[]): Promise<void> => {
      now = later(seconds)
      await records.put(batch)
      for (const record of batch) {
        directory.learn(record)
        withdrawals.learn(record)
      }
    },
    held: async (...batch: readonly VerifiedRecord[]): Promise<boolean[]> => {
      const found: boolean[] = []
      for (const { id } of batch) found.push((await records.get([id])).length > 0)
      return found
    },
  }
}

test("drops what a revoked key signed, at the second look, and nothing else", async () => {
  const { withdrawals, put, held } = rig()
  await withdrawals.look(signal)
  const [byDevice, byMaster, byBob] = [write(ann, { signer: ann.device }), write(ann), write(bob, { signer: bob.device })]
  await put(0, schedule(ann), schedule(bob), byDevice, byMaster, byBob)
  await put(100, revoked("revokedAll", later(50)))
  await withdrawals.look(signal)
  expect(await held(byDevice, byMaster, byBob)).toEqual([true, true, true])
  await withdrawals.look(signal)
  expect(await held(byDevice, byMaster, byBob)).toEqual([false, true, true])
})

test("what is kept, or was received before the revocation, stays; what was dropped may come again when it is valid again", async () => {
  const { records, withdrawals, put, held } = rig()
  await withdrawals.look(signal)
  const early = write(ann, { signer: ann.device })
  const [late, keptLate] = [write(ann, { signer: ann.device }), write(ann, { signer: ann.device })]
  await put(0, schedule(ann), early)
  await put(60, late, keptLate)
  await put(100, revoked("revokedPast", later(50)))
  await put(101, kept(keptLate))
  for (let looks = 0; looks < 2; looks += 1) await withdrawals.look(signal)
  expect(await held(early, late, keptLate)).toEqual([true, false, true])
  expect((await records.put([late]))[0]?.outcome).toBe("stored")
})

test("a server that starts finds what was left to do", async () => {
  const before = rig()
  const byDevice = write(ann, { signer: ann.device })
  await before.put(0, schedule(ann), byDevice, revoked("revokedAll", later(50)))
  const after = rig(before.records)
  await after.withdrawals.look(signal)
  expect(await after.held(byDevice)).toEqual([false])
})

test("looks only at what the revoked keys of an author signed, page by page", async () => {
  const { records, withdrawals, put } = rig()
  await withdrawals.look(signal)
  await put(0, schedule(ann), ...Array.from({ length: 450 }, () => write(ann, { signer: ann.device })), write(ann))
  await put(100, revoked("revokedAll", later(50)))
  await withdrawals.look(signal)
  const asked: number[] = []
  const query = records.query.bind(records)
  records.query = async (filter, options) => {
    const page = await query(filter, options)
    if (filter.kinds === undefined) asked.push(page.records.length)
    return page
  }
  await withdrawals.look(signal)
  expect(asked).toEqual([200, 200, 50])
  expect((await query({ authors: [ann.key] }, { limit: 10 })).records).toHaveLength(2)
})

test("what fails is tried again", async () => {
  const { records, failures, withdrawals, put, held } = rig()
  await withdrawals.look(signal)
  const byDevice = write(ann, { signer: ann.device })
  await put(0, schedule(ann), byDevice, revoked("revokedAll", later(50)))
  const remove = records.remove.bind(records)
  records.remove = async () => Promise.reject(new Error("the disk is full"))
  for (let looks = 0; looks < 2; looks += 1) await withdrawals.look(signal)
  expect([failures.length, ...(await held(byDevice))]).toEqual([1, true])
  records.remove = remove
  await withdrawals.look(signal)
  expect(await held(byDevice)).toEqual([false])
})

test("of a replaceable address, an older valid version may come again when the newest was withdrawn", async () => {
  const { records, withdrawals, put } = rig()
  await withdrawals.look(signal)
  const kind = makeKind({ application: 9, number: 1, handling: "replaceable", readers: "everybody" })
  const nonce = nonceFromText("settings")
  const [own, stolen] = [
    write(ann, { kind, nonce, timestamp: later(1) }),
    write(ann, { kind, nonce, timestamp: later(9e8), signer: ann.device }),
  ]
  await put(0, schedule(ann), own, stolen)
  expect((await records.put([own]))[0]?.outcome).toBe("superseded")
  await put(100, revoked("revokedAll", later(50)))
  for (let looks = 0; looks < 2; looks += 1) await withdrawals.look(signal)
  expect((await records.put([own]))[0]?.outcome).toBe("stored")
})
