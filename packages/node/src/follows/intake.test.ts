import {
  buildKeySchedule,
  buildRecord,
  encodeProfile,
  encodeUtf8,
  MICROBLOG_ROOT,
  nonceFromText,
  nonceFromTimestamp,
  parseSecretKey,
  PROFILE,
  publicKeyOf,
  signAttestation,
  timestampFromUnixMillis,
  ZERO_TIMESTAMP,
} from "@tessera/mosaic"
import type { KeyScheduleEntry, SecretKey, VerifiedRecord } from "@tessera/mosaic"
import { openMemoryStore } from "@tessera/mosaic-server"
import { beforeEach, expect, test } from "vitest"
import { createIntake } from "./intake.ts"

const at = (millis: number) => timestampFromUnixMillis(1_790_000_000_000 + millis)
const secret = (byte: number): SecretKey => parseSecretKey(new Uint8Array(32).fill(byte))
const master = secret(1)
const device = secret(2)
const newDevice = secret(3)
const other = secret(4)
const author = publicKeyOf(master)

const lists = (key: SecretKey, state: "active" | "revokedAll" = "active"): KeyScheduleEntry => ({
  use: "signing",
  key: publicKeyOf(key),
  state,
  since: state === "active" ? ZERO_TIMESTAMP : at(1),
  attestation: signAttestation(key, author),
})
const schedule = (millis: number, ...entries: KeyScheduleEntry[]) => buildKeySchedule({ master, timestamp: at(millis), entries })
const note = (signer: SecretKey, millis: number) =>
  buildRecord({
    author,
    signer,
    kind: MICROBLOG_ROOT,
    nonce: nonceFromTimestamp(at(millis)),
    timestamp: at(millis),
    payload: encodeUtf8(`note ${millis}`),
  })
const profile = (signer: SecretKey, payload: Uint8Array) =>
  buildRecord({ author, signer, kind: PROFILE, nonce: nonceFromText("profile"), timestamp: at(5), payload })

let records: ReturnType<typeof openMemoryStore>
let take: (batch: readonly VerifiedRecord[]) => Promise<readonly VerifiedRecord[]>
beforeEach(() => {
  records = openMemoryStore({ now: () => at(1_000) })
  const intake = createIntake({ records, now: () => at(1_000) })
  take = (batch) => intake.take(batch)
})
const stored = async (): Promise<number> => (await records.query({ authors: [author] }, { limit: 100 })).records.length

test("a note comes in once its signer is in the author's schedule, in one batch or later", async () => {
  const early = note(device, 1)
  expect(await take([early])).toEqual([early])
  expect(await stored()).toBe(0)
  // The schedule counts whatever its place in the batch.
  expect(await take([early, schedule(0, lists(device))])).toEqual([])
  expect(await stored()).toBe(2)
  const byNew = note(newDevice, 2)
  expect(await take([byNew])).toEqual([byNew])
  expect(await take([schedule(3, lists(device), lists(newDevice)), byNew, byNew])).toEqual([])
  expect(await stored()).toBe(3)
  expect(await take([note(master, 4)])).toEqual([])
})

test("a revoked key brings nothing more, also when the old schedule is shown again", async () => {
  const old = schedule(0, lists(device))
  await take([old, note(device, 1)])
  await take([schedule(2, lists(device, "revokedAll"), lists(newDevice)), old])
  const late = note(device, 3)
  expect(await take([late])).toEqual([late])
  expect(await stored()).toBe(2)
})

test("what does not hold is not stored", async () => {
  const badProfiles = [
    profile(other, encodeProfile({ name: "x" })),
    profile(master, Uint8Array.of(1, 2, 3)),
    profile(device, encodeProfile({ name: "x" })),
  ]
  const badSchedule = buildRecord({
    author,
    signer: other,
    kind: schedule(0, lists(device)).kind,
    nonce: nonceFromText("x"),
    timestamp: at(9),
    payload: new Uint8Array(8),
  })
  expect(await take([...badProfiles, badSchedule])).toEqual([])
  expect(await stored()).toBe(0)
  expect(await take([profile(master, encodeProfile({ name: "x" }))])).toEqual([])
  expect(await stored()).toBe(1)
})
