import { DecodeError } from "./errors.ts"

/** Width and height in pixels. */
export interface ImageSize {
  readonly width: number
  readonly height: number
}

const CHUNK_HEADER_LENGTH = 8
const FILE_HEADER_LENGTH = 12

/**
 * Reads the size of a WebP picture from its container (RFC 9649): simple (VP8), lossless (VP8L) and extended (VP8X, animated too).
 *
 * Pixels are not decoded. In an extended file every picture must lie within the canvas, so that a small canvas cannot hide a large picture.
 *
 * @throws {DecodeError} when it is no WebP file, is cut off, has bytes behind its end, or contradicts itself.
 */
export function readWebpSize(bytes: Uint8Array): ImageSize {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < FILE_HEADER_LENGTH + CHUNK_HEADER_LENGTH || tagAt(view, 0) !== "RIFF" || tagAt(view, 8) !== "WEBP")
    throw new DecodeError("WebP: not a WebP file", 0)
  if (view.getUint32(4, true) + 8 !== bytes.length) throw new DecodeError("WebP: length not as its header says", 4)
  const chunks = readChunks(view, FILE_HEADER_LENGTH, bytes.length)
  const [first] = chunks
  if (first === undefined) throw new DecodeError("WebP: no picture", FILE_HEADER_LENGTH)
  if (first.tag !== "VP8X") return readPicture(view, first)
  if (first.end - first.start < 10) throw new DecodeError("WebP: canvas cut off", first.start)
  const canvas = { width: uint24(view, first.start + 4) + 1, height: uint24(view, first.start + 7) + 1 }
  let pictures = 0
  for (const chunk of chunks.slice(1).flatMap((outer) => (outer.tag === "ANMF" ? readFrame(view, outer) : [outer]))) {
    if (chunk.tag !== "VP8 " && chunk.tag !== "VP8L") continue
    const size = readPicture(view, chunk)
    if (size.width > canvas.width || size.height > canvas.height) throw new DecodeError("WebP: picture larger than its canvas", chunk.start)
    pictures += 1
  }
  if (pictures === 0) throw new DecodeError("WebP: no picture", first.end)
  return canvas
}

interface Chunk {
  readonly tag: string
  readonly start: number
  readonly end: number
}

function readChunks(view: DataView, from: number, to: number): Chunk[] {
  const chunks: Chunk[] = []
  let at = from
  while (at < to) {
    if (to - at < CHUNK_HEADER_LENGTH) throw new DecodeError("WebP: chunk cut off", at)
    const start = at + CHUNK_HEADER_LENGTH
    const end = start + view.getUint32(at + 4, true)
    if (end > to) throw new DecodeError("WebP: chunk past the end", at)
    chunks.push({ tag: tagAt(view, at), start, end })
    // Chunks are padded to an even length.
    at = end + (end % 2)
  }
  return chunks
}

/** The chunks inside an animation frame, behind its 16 bytes of position, size and duration. */
function readFrame(view: DataView, { start, end }: Chunk): Chunk[] {
  if (end - start < 16) throw new DecodeError("WebP: animation frame cut off", start)
  return readChunks(view, start + 16, end)
}

function readPicture(view: DataView, chunk: Chunk): ImageSize {
  if (chunk.tag === "VP8 ") return readLossy(view, chunk)
  if (chunk.tag === "VP8L") return readLossless(view, chunk)
  throw new DecodeError("WebP: no picture", chunk.start)
}

/** RFC 6386, section 9.1: frame tag, start code, then 14 bits of width and of height, each with 2 bits of scale. */
function readLossy(view: DataView, { start, end }: Chunk): ImageSize {
  if (end - start < 10) throw new DecodeError("WebP: picture cut off", start)
  const isKeyFrame = (view.getUint8(start) & 1) === 0
  if (!isKeyFrame || view.getUint16(start + 3) !== 0x9d01 || view.getUint8(start + 5) !== 0x2a)
    throw new DecodeError("WebP: no start code", start)
  return notEmpty({ width: view.getUint16(start + 6, true) & 0x3fff, height: view.getUint16(start + 8, true) & 0x3fff }, start)
}

/** RFC 9649, section 3.4: signature 0x2f, then 14 bits of width - 1 and 14 bits of height - 1. */
function readLossless(view: DataView, { start, end }: Chunk): ImageSize {
  if (end - start < 5) throw new DecodeError("WebP: picture cut off", start)
  if (view.getUint8(start) !== 0x2f) throw new DecodeError("WebP: no signature", start)
  const bits = view.getUint32(start + 1, true)
  return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
}

function notEmpty(size: ImageSize, at: number): ImageSize {
  if (size.width === 0 || size.height === 0) throw new DecodeError("WebP: no pixels", at)
  return size
}

const uint24 = (view: DataView, at: number): number => view.getUint16(at, true) | (view.getUint8(at + 2) << 16)

const tagAt = (view: DataView, at: number): string =>
  String.fromCharCode(view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2), view.getUint8(at + 3))
