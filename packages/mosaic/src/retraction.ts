import { equalBytes, toHex } from "./bytes.ts"
import { type SecretKey, publicKeyOf } from "./keys/secret-key.ts"
import { type Kind, kindReaders } from "./kind.ts"
import { KEY_SCHEDULE, PROFILE } from "./kinds.ts"
import type { Nonce } from "./nonce.ts"
import { type Address, type Reference, addressKind, isAddress } from "./reference.ts"
import { buildRecord } from "./record/build.ts"
import type { VerifiedRecord } from "./record/verified.ts"
import type { Tag } from "./tags/tag.ts"
import { readTesseraTag, retractsTag } from "./tags/tessera-tag.ts"
import { TAG_NOTIFY } from "./tags/types.ts"
import { HOME, KEPT, isRetractionKind, retractionKind } from "./tessera-kinds.ts"
import type { Timestamp } from "./timestamp.ts"

/** What one Retraction is made of. Clock and randomness are the caller's. */
export interface RetractionParts {
  readonly signer: SecretKey
  /** A new one: each Retraction stays. */
  readonly nonce: Nonce
  readonly timestamp: Timestamp
  /** The records that are taken back, of one author and with the same reading rights. */
  readonly targets: readonly VerifiedRecord[]
  /** Takes back all versions up to `timestamp`, by address; else each by its id. */
  readonly allVersions?: boolean
}

/**
 * Builds and signs a Retraction. It carries the targets' Notify tags, each once, so that it reaches, and may be read by, whom they reached.
 *
 * @throws {RangeError} when there are no targets, they differ in author or reading rights, one cannot be taken back, or there are too many for one record.
 */
export function buildRetraction({ signer, nonce, timestamp, targets, allVersions = false }: RetractionParts): VerifiedRecord {
  const [first] = targets
  if (first === undefined) throw new RangeError("targets: none")
  const readers = kindReaders(first.kind)
  const keys = { author: first.author, signer: publicKeyOf(signer) }
  const tags = new Map<string, Tag>()
  for (const target of targets) {
    if (!equalBytes(target.author, first.author)) throw new RangeError("targets: of several authors")
    if (kindReaders(target.kind) !== readers) throw new RangeError("targets: with different reading rights")
    if (!mayRetract(keys, target.address)) throw new RangeError("targets: a record that this key cannot take back")
    add(tags, retractsTag(allVersions ? target.address : target.id))
    for (const tag of target.tags) if (tag.type === TAG_NOTIFY) add(tags, tag)
  }
  return buildRecord({ author: first.author, signer, kind: retractionKind(readers), nonce, timestamp, tags: [...tags.values()] })
}

/**
 * What a Retraction may take back, each once; nothing when the record is none. An address of another author, or of a kind that its signer cannot take
 * back, is left out; of an id only the record itself says whose it is.
 */
export function retractionTargets(record: VerifiedRecord): Reference[] {
  if (!isRetractionKind(record.kind)) return []
  const targets = new Map<string, Reference>()
  for (const tag of record.tags) {
    const read = readTesseraTag(tag)
    if (read?.name !== "retracts") continue
    const { reference } = read
    if (isAddress(reference) && !mayRetract(record, reference)) continue
    targets.set(toHex(reference), reference)
  }
  return [...targets.values()]
}

/** Whether the author and the signer of a Retraction are those who may take back what has this address. */
export function mayRetract({ author, signer }: Pick<VerifiedRecord, "author" | "signer">, address: Address): boolean {
  if (!equalBytes(address.subarray(16), author)) return false
  const who = retractedBy(addressKind(address))
  return who === "author" || (who === "master" && equalBytes(signer, author))
}

/**
 * Who may take back records of a kind: any of the author's keys; only the master key, for what only the master key signs; nobody.
 *
 * Key Schedules and Kept records stay: a stolen device could undo with a Retraction that it was revoked. Retractions stay: what they took is gone.
 */
export function retractedBy(kind: Kind): "author" | "master" | "nobody" {
  if (kind === KEY_SCHEDULE || kind === KEPT || isRetractionKind(kind)) return "nobody"
  return kind === PROFILE || kind === HOME ? "master" : "author"
}

function add(tags: Map<string, Tag>, tag: Tag): void {
  tags.set(`${tag.type} ${toHex(tag.value)}`, tag)
}
