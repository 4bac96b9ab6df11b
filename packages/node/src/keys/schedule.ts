import { buildKeySchedule, equalBytes, parseTimestamp, publicKeyOf, signAttestation, ZERO_TIMESTAMP } from "@tessera/mosaic"
import type { KeySchedule, KeyScheduleEntry, SecretKey, Timestamp, VerifiedRecord } from "@tessera/mosaic"

/** What a schedule says of one device: its subkey signs, and the person's encryption key receives. */
export interface ScheduleParts {
  readonly master: SecretKey
  readonly device: SecretKey
  /** Public half of the encryption key (X25519), 32 bytes. */
  readonly encryptionKey: Uint8Array
  readonly now: Timestamp
  /** The schedule before this one, when it is known: its devices stay listed, its encryption keys go out of use. */
  readonly previous?: KeySchedule
}

/**
 * Builds the key schedule that lists a device, signed by the master, dated after the one before it.
 * @throws {RangeError} when `previous` is another person's.
 */
export function buildSchedule({ master, device, encryptionKey, now, previous }: ScheduleParts): VerifiedRecord {
  const person = publicKeyOf(master)
  if (previous !== undefined && !equalBytes(previous.master, person)) throw new RangeError("previous is another person's key schedule")
  const timestamp = previous !== undefined && previous.record.timestamp >= now ? parseTimestamp(previous.record.timestamp + 1n) : now
  const key = publicKeyOf(device)
  const others = (previous?.entries ?? []).filter((entry) => !equalBytes(entry.key, key) && !equalBytes(entry.key, encryptionKey))
  const entries: KeyScheduleEntry[] = [
    { use: "signing", key, state: "active", since: ZERO_TIMESTAMP, attestation: signAttestation(device, person) },
    { use: "encryption", key: encryptionKey, state: "active", since: ZERO_TIMESTAMP },
    ...others.map((entry) =>
      entry.use === "encryption" && entry.state === "active" ? { ...entry, state: "outOfUse" as const, since: timestamp } : entry,
    ),
  ]
  return buildKeySchedule({ master, timestamp, entries })
}
