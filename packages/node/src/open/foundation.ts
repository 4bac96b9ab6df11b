import { compareBytes, verifyRecord, ZERO_TIMESTAMP } from "@tessera/mosaic"
import type { VerifiedRecord } from "@tessera/mosaic"
import type { RecordStore } from "@tessera/mosaic-server"
import type { IndexDatabase, Ports } from "../ports.ts"
import { openStateStore } from "../state/state.ts"
import type { StateStore } from "../state/state.ts"
import { createTimestampSource } from "../timestamp-source.ts"
import type { TimestampSource } from "../timestamp-source.ts"
import type { PersonSecrets, UnlockedVault } from "../vault/vault.ts"

/** What every feature stands on while the person is in. */
export interface Foundation extends AsyncDisposable {
  readonly secrets: PersonSecrets
  readonly records: RecordStore
  readonly database: IndexDatabase
  readonly state: StateStore
  /** Dates the person's own records, each after the one before. */
  readonly now: TimestampSource
}

/** Opens records, index and personal state; records that the vault was made with and that are missing are put in first. */
export async function openFoundation(ports: Ports, vault: UnlockedVault): Promise<Foundation> {
  await using stack = new AsyncDisposableStack()
  const { secrets } = vault
  const records = stack.use(await withKey(vault, "records", (key) => ports.storage.openRecords(key)))
  await putFirstRecords(records, secrets)
  const database = await withKey(vault, "index", async (key) => ports.storage.openIndex(key))
  stack.defer(() => void database.close())
  const { person, device } = secrets
  const state = await openStateStore({ records, keys: { person, device, state: secrets.state }, clock: ports.clock, random: ports.random })
  const newest = await records.query({ authors: [person] }, { limit: 1 })
  const now = createTimestampSource(ports.clock, newest.records[0]?.record.timestamp ?? ZERO_TIMESTAMP)
  const held = stack.move()
  return { secrets, records, database, state, now, [Symbol.asyncDispose]: () => held.disposeAsync() }
}

async function withKey<T>(vault: UnlockedVault, purpose: "records" | "index", use: (key: Uint8Array) => Promise<T>): Promise<T> {
  const key = vault.keyFor(purpose)
  try {
    return await use(key)
  } finally {
    key.fill(0)
  }
}

/** In the order of their ids, so that of two schedules the newer one stays. */
async function putFirstRecords(records: RecordStore, { firstRecords }: PersonSecrets): Promise<void> {
  const first: readonly VerifiedRecord[] = firstRecords.map((bytes) => verifyRecord(bytes)).sort((a, b) => compareBytes(a.id, b.id))
  const known = await records.get(first.map(({ address }) => address))
  const missing = first.filter(({ address }) => !known.some(({ record }) => compareBytes(record.address, address) === 0))
  if (missing.length > 0) await records.put(missing)
}
