import Database from "better-sqlite3-multiple-ciphers"
import { encodeUtf8 } from "@tessera/mosaic"
import { expect, test } from "vitest"
import { forgeRecord, forgedKey } from "../contract/forged-record.ts"
import { tagKeys } from "../tag-key.ts"
import { Ledger } from "./ledger.ts"
import type { Row } from "./request.ts"
import { SCHEMA } from "./schema.ts"

const REPLACEABLE = 0x1_0005_001en

function row(timestamp: number, kind: bigint, tagCount: number): Row {
  const tags = Array.from({ length: tagCount }, (_, index) => ({ type: 0x8001, value: encodeUtf8(`tag ${index % 3}`) }))
  const { bytes } = forgeRecord({ author: forgedKey(1), kind, nonce: 1n, timestamp: BigInt(timestamp), tags })
  return { bytes, tagKeys: tagKeys(tags), isReplaceable: kind === REPLACEABLE }
}

function open(): { database: Database.Database; ledger: Ledger; count: (table: string) => unknown } {
  const database = new Database(":memory:")
  database.exec(SCHEMA)
  return { database, ledger: new Ledger(database), count: (table) => database.prepare(`SELECT count(*) FROM ${table}`).pluck().get() }
}

test("a tag that a record carries twice stands in the index once", () => {
  const { ledger, count } = open()
  ledger.transaction(() => ledger.put([row(1, 0x1_0001_001cn, 6)], 1n))
  expect(count("tag")).toBe(3)
})

test("what is dropped leaves nothing in any table but its id, where that is to be remembered", () => {
  const { ledger, count } = open()
  const [old, young, other] = [row(1, REPLACEABLE, 3), row(2, REPLACEABLE, 2), row(3, 0x1_0001_001cn, 3)]
  ledger.transaction(() => ledger.put([old, young, other], 1n))
  expect([count("record"), count("tag"), count("removed")]).toEqual([2, 5, 0])
  ledger.transaction(() => ledger.remove([young.bytes.subarray(0, 48)], false))
  ledger.transaction(() => ledger.remove([other.bytes.subarray(0, 48)], true))
  expect([count("record"), count("tag"), count("removed")]).toEqual([0, 0, 1])
})

test("a transaction that fails has done nothing, and the next goes on where the last good one ended", () => {
  const { ledger, count } = open()
  ledger.transaction(() => ledger.put([row(1, 0x1_0001_001cn, 1)], 5n))
  const failing = (): void =>
    ledger.transaction(() => {
      ledger.put([row(2, 0x1_0001_001cn, 2)], 6n)
      throw new Error("the disk is full")
    })
  expect(failing).toThrow("the disk is full")
  expect([count("record"), count("tag")]).toEqual([1, 1])
  const { outcomes } = ledger.transaction(() => ledger.put([row(2, 0x1_0001_001cn, 2)], 3n))
  expect(outcomes).toEqual([{ outcome: "stored", received: 6n, sequence: 2 }])
})
