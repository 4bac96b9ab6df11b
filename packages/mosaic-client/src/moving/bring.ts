import { type ResultCode, type VerifiedRecord, KEY_SCHEDULE, RESULT, equalBytes } from "@tessera/mosaic"
import type { MosaicConnection } from "../connection/mosaic-connection.ts"
import type { Sleep } from "../connection/sleep.ts"
import { isTaken } from "../pool/deliver.ts"

/** A server that is asked for too much gets so many tries, with pauses that double. */
const TRIES = 6
const PAUSE_MS = 500

export interface BringOptions {
  readonly to: Pick<MosaicConnection, "submit">
  readonly sleep: Sleep
  readonly signal: AbortSignal
  /** The key schedule of an author, from where the record comes from. */
  readonly scheduleOf: (record: VerifiedRecord) => Promise<readonly VerifiedRecord[]>
}

/**
 * Brings a record to a server, patiently: where it is too fast or the server has a temporary trouble, again; where the server does not know who may act for
 * the author, with the author's key schedule first.
 */
export async function bring(record: VerifiedRecord, options: BringOptions): Promise<ResultCode> {
  const code = await submit(record, options)
  if (code !== RESULT.UNAUTHORIZED || equalBytes(record.signer, record.author) || record.kind === KEY_SCHEDULE) return code
  const schedules = await options.scheduleOf(record)
  const codes = await Promise.all(schedules.map((schedule) => submit(schedule, options)))
  return codes.some(isTaken) ? submit(record, options) : code
}

async function submit(record: VerifiedRecord, { to, sleep, signal }: BringOptions): Promise<ResultCode> {
  for (let attempt = 1; ; attempt += 1) {
    const { code } = await to.submit(record, { signal })
    if ((code !== RESULT.TOO_FAST && code !== RESULT.TEMPORARY_ERROR) || attempt === TRIES) return code
    await sleep(PAUSE_MS * 2 ** (attempt - 1), signal)
  }
}
