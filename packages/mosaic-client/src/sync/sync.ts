import { type Filter, type ItemSet, type RecordId, type ResultCode, type VerifiedRecord, ItemSetBuilder, RESULT } from "@tessera/mosaic"
import type { MosaicConnection } from "../connection/mosaic-connection.ts"
import { type Sleep, realSleep } from "../connection/sleep.ts"
import { isTaken } from "../pool/deliver.ts"
import { download } from "./download.ts"
import type { LocalRecords } from "./local-records.ts"
import { type Difference, reconcile } from "./reconcile.ts"
import { upload } from "./upload.ts"

/** Records that are kept at once, in number and bytes. */
const BATCH = 100
const BATCH_BYTES = 1024 * 1024

/** What to sync, and with what. */
export interface SyncOptions {
  /** Narrow, as servers demand: whose records, or of what kinds, … */
  readonly filter: Filter
  readonly local: LocalRecords
  /** `download` what only the server has, `upload` what only this side has, or `both`. */
  readonly direction: "download" | "upload" | "both"
  readonly signal: AbortSignal
  /** Told what happens, as it does. */
  readonly onProgress?: (progress: SyncProgress) => void
  /** As of `reconcile`. */
  readonly frameLength?: number
  readonly mostNeeded?: number
  /** For simulations: waits in place of real time. */
  readonly sleep?: Sleep
}

/** What happens during a sync. */
export type SyncProgress =
  /** It is known what differs; ids are only talked about so far. */
  | { readonly type: "reconciled"; readonly have: number; readonly need: number }
  /** So many of those needed are kept, for good. */
  | { readonly type: "downloaded"; readonly count: number; readonly of: number }
  /** The server has said something to so many. */
  | { readonly type: "uploaded"; readonly count: number; readonly of: number }
  /** The server does not want a record. */
  | { readonly type: "refused"; readonly id: RecordId; readonly code: ResultCode }

/** What has become of a sync. */
export interface SyncOutcome {
  readonly difference: Pick<Difference, "rounds" | "bytes"> & { readonly have: number; readonly need: number }
  /** Records that came and are kept. */
  readonly downloaded: number
  /** Records that the server named and did not give: gone since, or never there. */
  readonly missing: number
  /** Records that the server took. */
  readonly uploaded: number
  /** Records that the server has already, or has removed on purpose. */
  readonly present: number
  /** How many it refused, by result code. */
  readonly refused: ReadonlyMap<ResultCode, number>
}

/**
 * Brings this side and a server in step, newest records first: finds out by negentropy what differs, then transfers only that. Every record that
 * comes is verified and matches the filter. What was transferred is kept as it comes, so that after a broken connection a new sync transfers only what is
 * still missing.
 *
 * @throws what `reconcile` and requests throw, and what `local` throws; the signal's reason when it aborts.
 */
export async function sync(connection: MosaicConnection, options: SyncOptions): Promise<SyncOutcome> {
  const { filter, local, direction, signal, onProgress = () => {} } = options
  const items = await itemsOf(local, filter, signal)
  const { have, need, rounds, bytes } = await reconcile(connection, { ...options, items })
  onProgress({ type: "reconciled", have: have.length, need: need.length })
  let downloaded = 0
  if (direction !== "upload") {
    for await (const batch of batchesOf(download(connection, { filter, items, need, signal }))) {
      await local.put(batch, signal)
      downloaded += batch.length
      onProgress({ type: "downloaded", count: downloaded, of: need.length })
    }
  }
  const missing = direction === "upload" ? 0 : need.length - downloaded
  const brought = direction === "download" ? NOTHING : await bringAll(connection, have, options)
  return { difference: { have: have.length, need: need.length, rounds, bytes }, downloaded, missing, ...brought }
}

type Brought = Pick<SyncOutcome, "uploaded" | "present" | "refused">
const NOTHING: Brought = { uploaded: 0, present: 0, refused: new Map() }

async function bringAll(connection: MosaicConnection, have: readonly Uint8Array[], options: SyncOptions): Promise<Brought> {
  const { local, signal, sleep = realSleep, onProgress = () => {} } = options
  let [uploaded, present, count] = [0, 0, 0]
  const refused = new Map<ResultCode, number>()
  for await (const { id, code } of upload(connection, { local, have, signal, sleep })) {
    count += 1
    if (code === RESULT.DUPLICATE) present += 1
    else if (isTaken(code)) uploaded += 1
    else {
      refused.set(code, (refused.get(code) ?? 0) + 1)
      onProgress({ type: "refused", id, code })
    }
    onProgress({ type: "uploaded", count, of: have.length })
  }
  return { uploaded, present, refused }
}

async function itemsOf(local: LocalRecords, filter: Filter, signal: AbortSignal): Promise<ItemSet> {
  const builder = new ItemSetBuilder()
  for await (const id of local.ids(filter, signal)) builder.addRecord(id)
  signal.throwIfAborted()
  return builder.finish()
}

async function* batchesOf(records: AsyncIterable<VerifiedRecord>): AsyncGenerator<readonly VerifiedRecord[], void, void> {
  let batch: VerifiedRecord[] = []
  let bytes = 0
  try {
    for await (const record of records) {
      batch.push(record)
      bytes += record.bytes.length
      if (batch.length < BATCH && bytes < BATCH_BYTES) continue
      yield batch
      batch = []
      bytes = 0
    }
  } catch (error) {
    // What came before the connection broke has not to come again.
    if (batch.length > 0) yield batch
    throw error
  }
  if (batch.length > 0) yield batch
}
