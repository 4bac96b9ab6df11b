import { concatBytes, decodeUtf8, encodeUtf8, equalBytes } from "./bytes.ts"
import { DecodeError, VerifyError } from "./errors.ts"
import { PUBLIC_KEY_LENGTH, type PublicKey, parsePublicKey } from "./keys/public-key.ts"
import { type SecretKey, publicKeyOf } from "./keys/secret-key.ts"
import { nonceFromTimestamp } from "./nonce.ts"
import { buildRecord } from "./record/build.ts"
import type { VerifiedRecord } from "./record/verified.ts"
import { ADMISSION } from "./tessera-kinds.ts"
import type { Timestamp } from "./timestamp.ts"

const WAYS = ["request", "invite"] as const
const TEXT_AT = PUBLIC_KEY_LENGTH + 1

/** The longest text of an admission, in bytes of UTF-8. */
export const MAX_ADMISSION_TEXT = 1_024

/** Somebody asks a server to make them a member. */
export interface Admission {
  /** The server that is asked: what is said to one means nothing to another. */
  readonly server: PublicKey
  /** `request`: the server's owner decides. `invite`: a code of the owner's decides at once. */
  readonly way: (typeof WAYS)[number]
  /** Words for the owner, or the code; at most 1,024 bytes of UTF-8. */
  readonly text: string
}

/** Writes the payload: the server's key (32 bytes), 0 for a request or 1 for an invite code, then the text. @throws {RangeError} when it is too long. */
export function encodeAdmission({ server, way, text }: Admission): Uint8Array {
  const bytes = encodeUtf8(text)
  if (bytes.length > MAX_ADMISSION_TEXT) throw new RangeError(`text: ${bytes.length} bytes, at most ${MAX_ADMISSION_TEXT}`)
  return concatBytes(server, Uint8Array.of(WAYS.indexOf(way)), bytes)
}

/** Reads such a payload. @throws {DecodeError} when it is cut off, too long, of an unknown way, no UTF-8, or its key is none. */
export function decodeAdmission(payload: Uint8Array): Admission {
  if (payload.length < TEXT_AT) throw new DecodeError("admission: cut off")
  if (payload.length > TEXT_AT + MAX_ADMISSION_TEXT) throw new DecodeError("admission: too long")
  const way = WAYS[payload[PUBLIC_KEY_LENGTH] ?? WAYS.length]
  if (way === undefined) throw new DecodeError("admission: an unknown way", PUBLIC_KEY_LENGTH)
  return { server: readKey(payload.subarray(0, PUBLIC_KEY_LENGTH)), way, text: decodeUtf8(payload.subarray(TEXT_AT)) }
}

function readKey(bytes: Uint8Array): PublicKey {
  try {
    return parsePublicKey(bytes)
  } catch (error) {
    if (error instanceof VerifyError) throw new DecodeError(`admission: ${error.reason}`)
    throw error
  }
}

/**
 * Reads what somebody asks in an Admission record; its author is who wants to be a member.
 *
 * @throws {VerifyError} when the record is of another kind, or not signed by the author's master key.
 * @throws {DecodeError} when its payload is malformed.
 */
export function readAdmission(record: VerifiedRecord): Admission {
  if (record.kind !== ADMISSION) throw new VerifyError("admission: another kind")
  if (!equalBytes(record.signer, record.author)) throw new VerifyError("admission: not signed by the master key")
  return decodeAdmission(record.readPayload())
}

/**
 * Builds and signs an Admission record, to be submitted to the server that it names. `SUCCESS` then means that its author is a member, `ACCEPTED` that
 * the owner has still to decide, `UNAUTHORIZED` that it does not work this way.
 *
 * @throws {RangeError} when the text is longer than 1,024 bytes.
 */
export function buildAdmission(parts: Admission & { readonly master: SecretKey; readonly timestamp: Timestamp }): VerifiedRecord {
  const { master, timestamp } = parts
  const payload = encodeAdmission(parts)
  return buildRecord({
    author: publicKeyOf(master),
    signer: master,
    kind: ADMISSION,
    nonce: nonceFromTimestamp(timestamp),
    timestamp,
    payload,
  })
}
