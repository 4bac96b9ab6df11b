import { requireLength, sized, u48, u8 } from "./fields.ts"
import { MESSAGE_TYPE as TYPE } from "./message-type.ts"

/** The four blob messages have this header, and no length as others have. What two of them carry follows it, and is not part of the value. */
export const BLOB_HEADER_LENGTH = 40
const HASH_LENGTH = 32

/** Asks for a blob by the BLAKE3 hash (32 bytes) of its content. */
export interface BlobGet {
  readonly type: "blobGet"
  readonly hash: Uint8Array
}

/** Hands a blob over: `length` bytes of content (48 bits) follow the header. */
export interface BlobSubmission {
  readonly type: "blobSubmission"
  readonly length: number
  readonly hash: Uint8Array
}

/** A blob, or why there is none: `length` bytes of content follow the header, 0 unless `result` is `SUCCESS`. */
export interface BlobResult {
  readonly type: "blobResult"
  readonly result: number
  readonly length: number
  readonly hash: Uint8Array
}

/** What became of a blob that was handed over. */
export interface BlobSubmissionResult {
  readonly type: "blobSubmissionResult"
  readonly result: number
  readonly hash: Uint8Array
}

export type BlobMessage = BlobGet | BlobSubmission | BlobResult | BlobSubmissionResult

/** Writes the header of a blob message, 40 bytes. @throws {RangeError} for a number or hash that does not fit its field. */
export function encodeBlobHeader(message: BlobMessage): Uint8Array {
  const bytes = new Uint8Array(BLOB_HEADER_LENGTH)
  const view = new DataView(bytes.buffer)
  switch (message.type) {
    case "blobGet":
      view.setUint8(0, TYPE.BLOB_GET)
      break
    case "blobSubmission":
      view.setUint8(0, TYPE.BLOB_SUBMISSION)
      setLength(view, message.length)
      break
    case "blobResult":
      view.setUint8(0, TYPE.BLOB_RESULT)
      view.setUint8(1, u8("result", message.result))
      setLength(view, message.length)
      break
    case "blobSubmissionResult":
      view.setUint8(0, TYPE.BLOB_SUBMISSION_RESULT)
      view.setUint8(1, u8("result", message.result))
  }
  bytes.set(sized("hash", message.hash, HASH_LENGTH), 8)
  return bytes
}

/**
 * Reads the header of a blob message, without the content that may follow it. The hash is a view.
 *
 * @throws {DecodeError} `message length` unless there are exactly 40 bytes.
 */
export function parseBlobHeader(bytes: Uint8Array): BlobMessage {
  requireLength(bytes, BLOB_HEADER_LENGTH)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const hash = bytes.subarray(8)
  const result = view.getUint8(1)
  const length = view.getUint16(2, true) + view.getUint32(4, true) * 0x1_0000
  switch (view.getUint8(0)) {
    case TYPE.BLOB_SUBMISSION:
      return { type: "blobSubmission", length, hash }
    case TYPE.BLOB_RESULT:
      return { type: "blobResult", result, length, hash }
    case TYPE.BLOB_SUBMISSION_RESULT:
      return { type: "blobSubmissionResult", result, hash }
    default:
      return { type: "blobGet", hash }
  }
}

/** Whether messages of a type have the header of blobs instead of the framed one. */
export const isBlobType = (type: number): boolean => BLOB_TYPES.has(type)

const BLOB_TYPES: ReadonlySet<number> = new Set([TYPE.BLOB_GET, TYPE.BLOB_SUBMISSION, TYPE.BLOB_RESULT, TYPE.BLOB_SUBMISSION_RESULT])

function setLength(view: DataView, length: number): void {
  u48("length", length)
  view.setUint16(2, length % 0x1_0000, true)
  view.setUint32(4, Math.floor(length / 0x1_0000), true)
}
