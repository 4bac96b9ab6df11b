import { equalBytes, plainBytes } from "../bytes.ts"
import { DecodeError, VerifyError } from "../errors.ts"
import { prehash } from "../keys/prehash.ts"
import { parsePublicKey } from "../keys/public-key.ts"
import { signatureFault } from "../keys/signature.ts"
import { checkTags } from "../tags/tag.ts"
import { AT, type RecordLayout, readLayout } from "./layout.ts"
import { type VerifiedRecord, admitVerified } from "./verified.ts"

/**
 * A record of which only the form is known to be right. Nothing that it says may be used before {@link UnverifiedRecord.verify};
 * what it claims to be is for answers to its sender.
 */
export class UnverifiedRecord {
  /** All of the record: the caller's bytes, which must not change any more. */
  readonly bytes: Uint8Array
  readonly #layout: RecordLayout

  /** @throws {DecodeError} as {@link parseRecord}, which makes these. */
  constructor(bytes: Uint8Array) {
    this.bytes = plainBytes(bytes)
    this.#layout = readLayout(bytes)
  }

  /** The id in the record, 48 bytes, which may be false. */
  get claimedId(): Uint8Array {
    return this.bytes.subarray(AT.id, AT.nonce)
  }

  /**
   * Verifies hash, tags, both keys and the signature. Whether the signer may act for the author is another question.
   *
   * @throws {VerifyError} `hash`, `tags`, `author key` or `signing key` (the cause says why), `s out of range`, `R not canonical` or `signature`.
   * @see Specification: record, "Validation", without step 5
   */
  verify(): VerifiedRecord {
    const { bytes } = this
    const layout = this.#layout
    const hash = prehash(bytes.subarray(AT.nonce, layout.signature))
    if (!equalBytes(hash.subarray(0, 40), bytes.subarray(AT.hash, AT.nonce))) throw new VerifyError("hash")
    checkTagsSection(bytes.subarray(AT.tags, layout.tagsEnd))
    const author = bytes.subarray(AT.author, AT.signer)
    const signer = bytes.subarray(AT.signer, AT.timestamp)
    // The signature holds for valid keys only, so the signer's needs no look of its own unless something is wrong.
    const isOneKey = equalBytes(author, signer)
    if (!isOneKey) checkKey("author key", author)
    const fault = signatureFault(bytes.subarray(layout.signature), hash, signer)
    if (fault === undefined) return admitVerified(bytes, layout)
    checkKey(isOneKey ? "author key" : "signing key", signer)
    throw new VerifyError(fault)
  }
}

/**
 * Parses a record: lengths, flags, timestamps, nonce and kind. Nothing is copied: the bytes must not change any more.
 *
 * @param bytes exactly one record, 216 to 1,048,576 bytes.
 * @throws {DecodeError} `length`, `section lengths`, `unsupported signature scheme`, `reserved flag bits`, `signature length`,
 *   `timestamp`, `id timestamp`, `nonce` or `reserved kind bits`.
 * @see Specification: record
 */
export function parseRecord(bytes: Uint8Array): UnverifiedRecord {
  return new UnverifiedRecord(bytes)
}

/**
 * Parses and verifies a record.
 *
 * @example
 * const record = verifyRecord(bytes)
 * if (record.kind === MICROBLOG_ROOT) show(decodeUtf8(record.readPayload()))
 * @throws as {@link parseRecord} and {@link UnverifiedRecord.verify}.
 */
export function verifyRecord(bytes: Uint8Array): VerifiedRecord {
  return parseRecord(bytes).verify()
}

/** What a Submission Result says of a submission, however broken: the first 32 bytes of its id, those there are, padded with zeros. */
export function claimedIdPrefix(bytes: Uint8Array): Uint8Array {
  const prefix = new Uint8Array(32)
  prefix.set(bytes.subarray(0, 32))
  return prefix
}

function checkTagsSection(section: Uint8Array): void {
  try {
    checkTags(section)
  } catch (error) {
    throw error instanceof DecodeError ? new VerifyError("tags") : error
  }
}

function checkKey(whose: string, key: Uint8Array): void {
  try {
    parsePublicKey(key)
  } catch (error) {
    throw error instanceof VerifyError ? new VerifyError(whose, { cause: error }) : error
  }
}
