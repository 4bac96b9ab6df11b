import { DecodeError } from "../errors.ts"
import { BLOB_HEADER_LENGTH } from "./blob.ts"
import { MESSAGE_TYPE as TYPE } from "./message-type.ts"

/** One message cut out of a stream: its first byte and all of its bytes, the first included. Of a message that carries a blob, the header. */
export interface Frame {
  readonly type: number
  readonly bytes: Uint8Array
}

/** Some of the content of the blob whose header came last. The last piece of it says so; a blob of no bytes has one piece of none. */
export interface BlobPiece {
  readonly type: "blobPiece"
  /** A view into the chunk that brought it. */
  readonly bytes: Uint8Array
  readonly isLast: boolean
}

/** What a stream is cut into: whole messages, and the pieces of a blob behind the header that announces it. */
export type FramePart = Frame | BlobPiece

/** Whether this is content of a blob, and no message. */
export const isBlobPiece = (part: FramePart): part is BlobPiece => part.type === "blobPiece"

/** A stream that cannot be cut into messages any further: the connection has to end. */
export class FrameError extends DecodeError {
  /** `tooLarge`: the message announced is longer than the reader's bound. `length`: its length is impossible. */
  readonly fault: "tooLarge" | "length"
  /** What was complete before the fault; it stands. */
  readonly frames: readonly FramePart[]

  constructor(fault: FrameError["fault"], reason: string, frames: readonly FramePart[]) {
    super(reason, 1)
    this.fault = fault
    this.frames = frames
  }
}

/** How long messages may be: longer ones are refused before they are read. */
export interface FrameBounds {
  /** Longest framed message, in bytes. */
  readonly maxFrame: number
  /** Longest content of a blob message, in bytes, without its 40 bytes of header. */
  readonly maxBlob: number
}

type FrameLength =
  /** `content`: bytes that follow it, of a blob. */
  | { readonly length: number; readonly content?: number }
  | { readonly needs: number }
  | { readonly fault: FrameError["fault"]; readonly reason: string }

/**
 * The length of the message that starts with these bytes, or how many bytes are needed to tell.
 *
 * Most messages carry their length in bytes 1 to 3; the exceptions are Closing and the four blob messages.
 */
export function frameLength(head: Uint8Array, bounds: FrameBounds): FrameLength {
  const type = head[0]
  switch (type) {
    case undefined:
      return { needs: 1 }
    case TYPE.CLOSING:
      return { length: 8 }
    case TYPE.BLOB_GET:
    case TYPE.BLOB_SUBMISSION_RESULT:
      return { length: BLOB_HEADER_LENGTH }
    case TYPE.BLOB_SUBMISSION:
    case TYPE.BLOB_RESULT: {
      if (head.length < 8) return { needs: 8 }
      const blob = littleEndian(head, 2, 8)
      if (blob > bounds.maxBlob) return { fault: "tooLarge", reason: `blob too large: ${blob} bytes, at most ${bounds.maxBlob}` }
      return { length: BLOB_HEADER_LENGTH, content: blob }
    }
    default: {
      if (head.length < 4) return { needs: 4 }
      const length = littleEndian(head, 1, 4)
      if (length < 4) return { fault: "length", reason: `frame length: ${length}` }
      if (length > bounds.maxFrame) return { fault: "tooLarge", reason: `frame too large: ${length} bytes, at most ${bounds.maxFrame}` }
      return { length }
    }
  }
}

function littleEndian(bytes: Uint8Array, from: number, to: number): number {
  let value = 0
  for (let index = to - 1; index >= from; index -= 1) value = value * 256 + (bytes[index] ?? 0)
  return value
}
