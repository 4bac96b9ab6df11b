import { type RecordId, type ResultCode, type VerifiedRecord, RESULT } from "@tessera/mosaic"
import type { MosaicConnection } from "../connection/mosaic-connection.ts"
import type { Sleep } from "../connection/sleep.ts"
import { bring } from "../moving/bring.ts"
import type { LocalRecords } from "./local-records.ts"

/** Records that are brought at the same time, in number and bytes. */
const BATCH = 48
const BATCH_BYTES = 2 * 1024 * 1024

/** Refused for want of rights: tried once more at the end, when what they depend on may have come. At most so many. */
const MOST_AGAIN = 10_000

/** What to bring. */
export interface UploadOptions {
  readonly local: LocalRecords
  /** The first 32 bytes of ids, in the order in which they are brought. */
  readonly have: readonly Uint8Array[]
  readonly signal: AbortSignal
  readonly sleep: Sleep
}

/** What a server said to one record. */
export interface Upload {
  readonly id: RecordId
  readonly code: ResultCode
}

/**
 * Brings records to a server, patiently, and tells what it said to each, once. What is gone here meanwhile is left out.
 *
 * @throws what requests throw, and what `local` throws.
 */
export async function* upload(
  connection: Pick<MosaicConnection, "submit">,
  { local, have, signal, sleep }: UploadOptions,
): AsyncGenerator<Upload, void, void> {
  const scheduleOf = async ({ author }: VerifiedRecord): Promise<readonly VerifiedRecord[]> =>
    (await local.scheduleOf?.(author, signal)) ?? []
  const send = (records: readonly VerifiedRecord[]): Promise<Upload[]> =>
    Promise.all(
      records.map(async (record) => ({ id: record.id, code: await bring(record, { to: connection, sleep, signal, scheduleOf }) })),
    )
  const again: Uint8Array[] = []
  for await (const batch of batchesOf(local, have, signal)) {
    for (const result of await send(batch)) {
      if (result.code === RESULT.UNAUTHORIZED && again.length < MOST_AGAIN) again.push(result.id.slice(0, 32))
      else yield result
    }
  }
  for await (const batch of batchesOf(local, again, signal)) yield* await send(batch)
}

async function* batchesOf(
  local: LocalRecords,
  ids: readonly Uint8Array[],
  signal: AbortSignal,
): AsyncGenerator<readonly VerifiedRecord[], void, void> {
  let batch: VerifiedRecord[] = []
  let bytes = 0
  for (let at = 0; at < ids.length; at += BATCH) {
    for await (const record of local.records(ids.slice(at, at + BATCH), signal)) {
      batch.push(record)
      bytes += record.bytes.length
      if (batch.length < BATCH && bytes < BATCH_BYTES) continue
      yield batch
      batch = []
      bytes = 0
    }
  }
  if (batch.length > 0) yield batch
}
