import { expect, test } from "vitest"
import { encryptionSubkey, master, masterSecret, nostrSubkey, secretOf, signingSubkey } from "../../test/subkeys.ts"
import { decodeKept, encodeKept } from "../kept.ts"
import { publicKeyOf } from "../keys/secret-key.ts"
import { MICROBLOG_ROOT } from "../kinds.ts"
import { nonceFromText } from "../nonce.ts"
import { buildRecord } from "../record/build.ts"
import { ZERO_TIMESTAMP, parseTimestamp } from "../timestamp.ts"
import type { KeyScheduleEntry } from "./entry.ts"
import { buildKeySchedule, readKeySchedule } from "./key-schedule.ts"
import { mayAct } from "./may-act.ts"

const time = (value: number) => parseTimestamp(BigInt(value))
const scheduleOf = (...entries: readonly KeyScheduleEntry[]) =>
  readKeySchedule(buildKeySchedule({ master: masterSecret, timestamp: time(1), entries }))
const device = signingSubkey(2).key
const signer = publicKeyOf(secretOf(2))
const stranger = publicKeyOf(secretOf(9))

const active = scheduleOf(signingSubkey(2))
const outOfUse = scheduleOf(signingSubkey(2, "outOfUse", time(100)))
const outOfUseUntold = scheduleOf(signingSubkey(2, "outOfUse", ZERO_TIMESTAMP))
const revokedPast = scheduleOf(signingSubkey(2, "revokedPast", time(100)))
const revokedAll = scheduleOf(signingSubkey(2, "revokedAll", time(100)))

const UNLISTED = "the signing key is not in the author's key schedule"
const OUT = "the signing key was out of use by then"
const PAST = "the signing key was revoked by then"
const ALL = "the signing key is revoked"

// The record is dated in the first column of numbers and received in the second; the schedules' times are 100.
test.each([
  ["active", active, 50, 60, undefined],
  ["active, dated in the future", active, 500, 60, undefined],
  ["out of use, dated before", outOfUse, 99, 200, undefined],
  ["out of use, dated at that time", outOfUse, 100, 200, undefined],
  ["out of use, dated after", outOfUse, 101, 102, OUT],
  ["out of use, dated after, received before", outOfUse, 101, 50, OUT],
  ["out of use, nobody said when", outOfUseUntold, 1, 1, OUT],
  ["revoked for the past, received before", revokedPast, 50, 99, undefined],
  ["revoked for the past, received at that time", revokedPast, 50, 100, PAST],
  ["revoked for the past, received after", revokedPast, 50, 101, PAST],
  ["revoked for the past, received before, dated at that time", revokedPast, 100, 99, undefined],
  ["revoked for the past, received before, dated after", revokedPast, 101, 99, PAST],
  ["revoked for all, received before", revokedAll, 50, 60, ALL],
  ["revoked for all, received after", revokedAll, 150, 160, ALL],
  [
    "listed as active and as out of use, dated before",
    scheduleOf(signingSubkey(2), signingSubkey(2, "outOfUse", time(100))),
    50,
    60,
    undefined,
  ],
  ["listed as active and as out of use, dated after", scheduleOf(signingSubkey(2), signingSubkey(2, "outOfUse", time(100))), 150, 160, OUT],
  ["listed as active and as revoked", scheduleOf(signingSubkey(2), signingSubkey(2, "revokedAll", time(100))), 50, 60, ALL],
  ["listed as revoked and as active", scheduleOf(signingSubkey(2, "revokedAll", time(100)), signingSubkey(2)), 50, 60, ALL],
  ["another one's subkey", scheduleOf(signingSubkey(3)), 50, 60, UNLISTED],
  ["listed nowhere", scheduleOf(), 50, 60, UNLISTED],
  ["listed as an encryption key", scheduleOf({ ...encryptionSubkey(4), key: device }), 50, 60, UNLISTED],
  ["listed as a Nostr key", scheduleOf({ use: "nostr", key: device, state: "active", since: ZERO_TIMESTAMP }), 50, 60, UNLISTED],
  ["no schedule known", undefined, 50, 60, "the author's key schedule is not known"],
] as const)("a subkey: %s", (_, schedule, timestamp, received, reason) => {
  const answer = mayAct(schedule, { signer, author: master, timestamp: time(timestamp), received: time(received) })
  expect(answer).toEqual(reason === undefined ? { ok: true } : { ok: false, reason })
})

test.each([
  ["no schedule known", undefined],
  ["an empty schedule", scheduleOf()],
  ["every device revoked", revokedAll],
])("the master key always may: %s", (_, schedule) => {
  expect(mayAct(schedule, { signer: master, author: master, timestamp: time(500), received: time(500) })).toEqual({ ok: true })
})

test("a schedule speaks for its own master key only", () => {
  expect(mayAct(active, { signer, author: stranger, timestamp: time(1), received: time(1) })).toEqual({
    ok: false,
    reason: "the key schedule is another author's",
  })
})

test("a stranger who names an author may not", () => {
  expect(mayAct(active, { signer: stranger, author: master, timestamp: time(1), received: time(1) })).toEqual({
    ok: false,
    reason: UNLISTED,
  })
})

const record = buildRecord({
  author: master,
  signer: secretOf(2),
  kind: MICROBLOG_ROOT,
  nonce: nonceFromText("a note"),
  timestamp: time(150),
})
const { id, author, timestamp } = record
const act = { signer: record.signer, author, timestamp, received: time(160), id }
const kept = decodeKept(encodeKept([id]))

test.each([
  ["out of use", outOfUse],
  ["revoked for the past", revokedPast],
  ["revoked for all", revokedAll],
])("what the author has kept stays valid: %s", (_, schedule) => {
  expect(mayAct(schedule, act, kept)).toEqual({ ok: true })
  expect(mayAct(schedule, act, decodeKept(encodeKept([])))).toMatchObject({ ok: false })
  expect(mayAct(schedule, act)).toMatchObject({ ok: false })
  expect(mayAct(schedule, { signer: record.signer, author, timestamp, received: time(160) }, kept)).toMatchObject({ ok: false })
})

test("a kept list does not make a subkey of a key that is none", () => {
  expect(mayAct(scheduleOf(nostrSubkey(4)), act, kept)).toEqual({ ok: false, reason: UNLISTED })
  expect(mayAct(undefined, act, kept)).toMatchObject({ ok: false })
})
