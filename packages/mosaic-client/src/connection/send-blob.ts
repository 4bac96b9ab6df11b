import { type ResultCode, encodeMessage } from "@tessera/mosaic"
import { ConnectionClosedError } from "../errors.ts"
import type { OutgoingBlob } from "./mosaic-connection.ts"

/** Bytes that are written at once. */
const PIECE_BYTES = 64 * 1024
/** How fast the whole of a blob is to go at least where it goes at once, as from a web page, in bytes a millisecond. */
const LEAST_PACE = 64

/** What `sendBlob` works with. */
export interface BlobPassage {
  /** What the server says of the blob; it may do so before all has gone. */
  readonly result: Promise<ResultCode>
  /** Rejects when nobody wants it sent any more. */
  readonly aborted: Promise<never>
  /** Content that a server is thought to throw away when it has refused the blob. */
  readonly skippedBytes: number
  /** Writes, in the usual time and so many milliseconds more. */
  readonly write: (bytes: Uint8Array, milliseconds: number) => Promise<void>
  /** Ends the connection: nothing else can be said after half a blob. */
  readonly giveUp: () => void
}

/**
 * Sends a blob, a piece when the transport has taken the one before.
 * @returns what the server has said when that was before the end and the rest was not sent; otherwise undefined.
 * @throws {RangeError} when the content is not as long as it says. What `content` throws, what aborts it, what ends the connection.
 */
export async function sendBlob({ hash, length, content }: OutgoingBlob, passage: BlobPassage): Promise<ResultCode | undefined> {
  const header = encodeMessage({ type: "blobSubmission", length, hash })
  let answer: ResultCode | undefined
  passage.result.then(
    (code) => (answer = code),
    () => {},
  )
  const pieces = iteratorOf(content)
  let sent = 0
  let hasEnded = false
  try {
    await passage.write(header, 0)
    while (!hasEnded) {
      const next = await Promise.race([pieces.next(), passage.aborted])
      hasEnded = next.done === true
      if (next.done === true) break
      if (sent + next.value.length > length) throw new RangeError(`content: longer than ${length} bytes`)
      for (let at = 0; at < next.value.length; at += PIECE_BYTES) {
        const piece = next.value.subarray(at, at + PIECE_BYTES)
        sent += piece.length
        await passage.write(piece, sent === length ? length / LEAST_PACE : 0)
      }
      if (answer !== undefined && length - sent > passage.skippedBytes) throw new ConnectionClosedError("the blob was refused")
    }
    if (sent < length) throw new RangeError(`content: ${sent} bytes instead of ${length}`)
    return undefined
  } catch (error) {
    if (sent < length || !hasEnded) void Promise.resolve(pieces.return?.()).catch(() => {})
    if (sent < length) passage.giveUp()
    // A server may answer, and close, before it has all of what it does not want.
    if (error instanceof ConnectionClosedError && answer !== undefined) return answer
    throw error
  }
}

const iteratorOf = (content: OutgoingBlob["content"]): AsyncIterator<Uint8Array, unknown> | Iterator<Uint8Array, unknown> =>
  Symbol.asyncIterator in content ? content[Symbol.asyncIterator]() : content[Symbol.iterator]()
