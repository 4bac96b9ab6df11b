import type Database from "better-sqlite3-multiple-ciphers"
import { DecodeError, concatBytes, expiryOf, restoreRecord, retractionTargets } from "@tessera/mosaic"
import { storageError } from "./fault.ts"
import { Ledger } from "./ledger.ts"
import { TO_VERSION_2 } from "./schema.ts"

const PAGE = 256

interface Row {
  readonly sequence: bigint
  readonly bytes: Uint8Array
}

/**
 * Brings a file from version 1 to 2, in one transaction: when it fails, or the program is killed, the file is as it was. Looks once at every record, for
 * those that expire, and for Retractions, which version 1 only kept.
 */
export function migrateToVersion2(database: Database.Database): void {
  const upgrade = database.transaction(() => {
    database.exec(TO_VERSION_2)
    database.exec("UPDATE counter SET trusted = received")
    const ledger = new Ledger(database)
    const after = database.prepare<[bigint, number], Row>("SELECT sequence, bytes FROM record WHERE sequence > ? ORDER BY sequence LIMIT ?")
    const setExpires = database.prepare<[bigint, bigint]>("UPDATE record SET expires = ? WHERE sequence = ?")
    after.safeIntegers()
    let last = 0n
    for (let page = after.all(last, PAGE); page.length > 0; page = after.all(last, PAGE)) {
      for (const { sequence, bytes } of page) {
        last = sequence
        const record = restore(bytes)
        const expires = expiryOf(record.tags)
        if (expires !== undefined) setExpires.run(expires, sequence)
        ledger.retract(record.bytes, concatBytes(...retractionTargets(record)))
      }
    }
  })
  upgrade.immediate()
}

function restore(bytes: Uint8Array): ReturnType<typeof restoreRecord> {
  try {
    return restoreRecord(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  } catch (error) {
    if (error instanceof DecodeError) throw storageError("corrupt", `what was a record is none: ${error.reason}`)
    throw error
  }
}
