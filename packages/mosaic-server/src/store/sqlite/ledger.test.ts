import Database from "better-sqlite3-multiple-ciphers"
import { encodeUtf8 } from "@tessera/mosaic"
import { expect, test } from "vitest"
import { forgeRecord, forgedKey } from "../contract/forged-record.ts"
import { tagKeys } from "../tag-key.ts"
import type { Moment } from "../trusted-clock.ts"
import { Ledger } from "./ledger.ts"
import { NEVER, type Row } from "./request.ts"
import { SCHEMA } from "./schema.ts"

const REPLACEABLE = 0x1_0005_001en

const at = (now: bigint): Moment => ({ now, over: -1n, trusted: -1n })

function row(timestamp: number, kind: bigint, tagCount: number, expires = NEVER): Row {
  const tags = Array.from({ length: tagCount }, (_, index) => ({ type: 0x8001, value: encodeUtf8(`tag ${index % 3}`) }))
  const { bytes } = forgeRecord({ author: forgedKey(1), kind, nonce: 1n, timestamp: BigInt(timestamp), tags })
  return { bytes, tagKeys: tagKeys(tags), isReplaceable: kind === REPLACEABLE, expires, retracts: new Uint8Array(0) }
}

function open(): { database: Database.Database; ledger: Ledger; count: (table: string) => unknown } {
  const database = new Database(":memory:")
  database.exec(SCHEMA)
  return { database, ledger: new Ledger(database), count: (table) => database.prepare(`SELECT count(*) FROM ${table}`).pluck().get() }
}

test("a tag that a record carries twice stands in the index once", () => {
  const { ledger, count } = open()
  ledger.transaction(() => ledger.put([row(1, 0x1_0001_001cn, 6)], at(1n)))
  expect(count("tag")).toBe(3)
})

test("what is dropped leaves nothing in any table but its id, where that is to be remembered", () => {
  const { ledger, count } = open()
  const [old, young, other] = [row(1, REPLACEABLE, 3), row(2, REPLACEABLE, 2), row(3, 0x1_0001_001cn, 3)]
  ledger.transaction(() => ledger.put([old, young, other], at(1n)))
  expect([count("record"), count("tag"), count("removed")]).toEqual([2, 5, 0])
  ledger.transaction(() => ledger.remove([young.bytes.subarray(0, 48)], false, -1n))
  ledger.transaction(() => ledger.remove([other.bytes.subarray(0, 48)], true, -1n))
  expect([count("record"), count("tag"), count("removed")]).toEqual([0, 0, 1])
})

test("what expired leaves nothing in any table, but of a replaceable address where nothing older may come back", () => {
  const { ledger, count } = open()
  const rows = [row(1, REPLACEABLE, 3, 50n), row(2, 0x1_0001_001cn, 2, 60n), row(3, 0x1_0002_001cn, 1, 70n)]
  ledger.transaction(() => ledger.put(rows, at(1n)))
  expect(ledger.transaction(() => ledger.sweep(49n))).toEqual({ dropped: 0, next: 50n })
  expect(ledger.transaction(() => ledger.sweep(60n))).toEqual({ dropped: 2, next: 70n })
  expect([count("record"), count("tag"), count("removed"), count("floor"), ledger.expiry.trusted]).toEqual([1, 1, 0, 1, 60n])
  expect(ledger.transaction(() => ledger.sweep(70n))).toEqual({ dropped: 1, next: undefined })
  expect([count("record"), count("tag"), count("floor")]).toEqual([0, 0, 1])
})

test("one sweep drops a bounded number", () => {
  const { ledger } = open()
  const rows = Array.from({ length: 1_200 }, (_, index) => row(index, 0x1_0001_001cn, 0, 50n))
  ledger.transaction(() => ledger.put(rows, at(1n)))
  const sweep = () => ledger.transaction(() => ledger.sweep(50n))
  expect([sweep(), sweep(), sweep()]).toEqual([
    { dropped: 500, next: 50n },
    { dropped: 500, next: 50n },
    { dropped: 200, next: undefined },
  ])
})

test("a transaction that fails has done nothing, and the next goes on where the last good one ended", () => {
  const { ledger, count } = open()
  ledger.transaction(() => ledger.put([row(1, 0x1_0001_001cn, 1)], at(5n)))
  const failing = (): void =>
    ledger.transaction(() => {
      ledger.put([row(2, 0x1_0001_001cn, 2)], at(6n))
      throw new Error("the disk is full")
    })
  expect(failing).toThrow("the disk is full")
  expect([count("record"), count("tag")]).toEqual([1, 1])
  const { outcomes } = ledger.transaction(() => ledger.put([row(2, 0x1_0001_001cn, 2)], at(3n)))
  expect(outcomes).toEqual([{ outcome: "stored", received: 6n, sequence: 2 }])
})
