import { equalBytes, toHex } from "../bytes.ts"
import { DecodeError, VerifyError } from "../errors.ts"
import { KEY_SCHEDULE } from "../kinds.ts"
import type { PublicKey } from "../keys/public-key.ts"
import { publicKeyOf } from "../keys/secret-key.ts"
import type { SecretKey } from "../keys/secret-key.ts"
import { nonceFromText } from "../nonce.ts"
import type { Nonce } from "../nonce.ts"
import { buildRecord } from "../record/build.ts"
import type { VerifiedRecord } from "../record/verified.ts"
import { subkeyTag } from "../tags/build.ts"
import { readCoreTag } from "../tags/core-tag.ts"
import type { Timestamp } from "../timestamp.ts"
import { verifyAttestation } from "./attestation.ts"
import type { KeyScheduleEntry } from "./entry.ts"
import { decodeKeySchedule, encodeKeySchedule } from "./payload.ts"

/** Which subkeys a person has, as their master key says. Only `readKeySchedule` makes one that may be trusted. */
export interface KeySchedule {
  readonly master: PublicKey
  readonly record: VerifiedRecord
  /** In the order of the payload; a key may stand in several. */
  readonly entries: readonly KeyScheduleEntry[]
}

/** The nonce of our own key schedules: the first 8 bytes of BLAKE3 of `key schedule`, top bit set. Those of others may have any. */
export const KEY_SCHEDULE_NONCE: Nonce = nonceFromText("key schedule")

/**
 * Reads a key schedule from its record and checks all that the specification asks of one.
 *
 * @throws {VerifyError} when the record is of another kind, not signed by the author's master key, or its payload malformed; when a subkey is not tagged;
 *   when a signing key's attestation is not its own for this master key.
 */
export function readKeySchedule(record: VerifiedRecord): KeySchedule {
  if (record.kind !== KEY_SCHEDULE) throw new VerifyError("key schedule: another kind")
  if (!equalBytes(record.signer, record.author)) throw new VerifyError("key schedule: not signed by the master key")
  const entries = decode(record)
  const tagged = new Set<string>()
  for (const tag of record.tags) {
    const core = readCoreTag(tag)
    if (core?.name === "subkey") tagged.add(toHex(core.key))
  }
  for (const entry of entries) {
    if (!tagged.has(toHex(entry.key))) throw new VerifyError("key schedule: subkey not tagged")
    if (entry.use === "signing") verifyAttestation(entry.attestation, record.author)
    else if (entry.use === "nostr" && entry.attestation !== undefined && !equalBytes(entry.attestation.subarray(40, 72), record.author))
      throw new VerifyError("attestation: another master key")
  }
  return { master: record.author, record, entries }
}

function decode(record: VerifiedRecord): KeyScheduleEntry[] {
  try {
    return decodeKeySchedule(record.readPayload())
  } catch (error) {
    if (error instanceof DecodeError) throw new VerifyError(error.reason)
    throw error
  }
}

/**
 * Builds and signs the record of a key schedule, with a tag for each subkey.
 *
 * @throws {RangeError} when an entry is malformed, or its attestation is not its own for this master key.
 */
export function buildKeySchedule(parts: {
  readonly master: SecretKey
  readonly timestamp: Timestamp
  readonly entries: readonly KeyScheduleEntry[]
}): VerifiedRecord {
  const { master, timestamp, entries } = parts
  const author = publicKeyOf(master)
  const keys = new Map(entries.map(({ key }) => [toHex(key), key]))
  const record = buildRecord({
    author,
    signer: master,
    kind: KEY_SCHEDULE,
    nonce: KEY_SCHEDULE_NONCE,
    timestamp,
    tags: [...keys.values()].map(subkeyTag),
    payload: encodeKeySchedule(entries),
  })
  try {
    readKeySchedule(record)
  } catch (error) {
    // Said to the caller before it is said to the world: nobody would accept this schedule.
    if (error instanceof VerifyError) throw new RangeError(error.reason, { cause: error })
    throw error
  }
  return record
}
