import { DecodeError, readWebpSize } from "@tessera/mosaic"
import { PICTURE_LIMIT } from "../api/contract.ts"

/** Longest side of a picture, in pixels. */
export const PICTURE_SIDE = 320

/** The bytes are no picture that a profile may have; the message is a sentence for the person. */
export class PictureError extends Error {
  override readonly name = "PictureError"
}

/**
 * Checks a picture and takes out whatever it tells besides the picture: EXIF (place, camera), XMP, colour profiles, and chunks that nobody knows.
 * @param bytes a WebP file of at most 200,000 bytes and 320 pixels a side.
 * @throws {PictureError}
 */
export function preparePicture(bytes: Uint8Array): Uint8Array {
  if (bytes.length > PICTURE_LIMIT) throw new PictureError(`The picture is too large: at most ${PICTURE_LIMIT / 1000} kilobytes.`)
  try {
    checkSize(bytes)
    const stripped = stripWebp(bytes)
    checkSize(stripped)
    return stripped
  } catch (error) {
    if (error instanceof DecodeError)
      throw new PictureError("This picture cannot be used: its file is damaged or no WebP picture. Choose another one.", { cause: error })
    throw error
  }
}

function checkSize(bytes: Uint8Array): void {
  const { width, height } = readWebpSize(bytes)
  if (width > PICTURE_SIDE || height > PICTURE_SIDE) {
    throw new PictureError(
      `The picture is ${width} by ${height} pixels, more than ${PICTURE_SIDE} by ${PICTURE_SIDE}. Choose a smaller one.`,
    )
  }
}

const KEPT = new Set(["VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "ANMF"])
/** In the flags of VP8X: a colour profile, EXIF and XMP are there (RFC 9649, section 2.7.1). */
const METADATA_FLAGS = 0x20 | 0x08 | 0x04

/** Copies a WebP file without metadata. `bytes` must have passed `readWebpSize`. */
function stripWebp(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const stripped = new Uint8Array(bytes.length + 1)
  stripped.set(bytes.subarray(0, 12))
  let length = 12
  for (let at = 12; at + 8 <= bytes.length;) {
    const tag = String.fromCharCode(...bytes.subarray(at, at + 4))
    const size = view.getUint32(at + 4, true)
    const padded = 8 + size + (size % 2)
    if (KEPT.has(tag)) {
      stripped.set(bytes.subarray(at, at + 8 + size), length)
      if (tag === "VP8X") stripped[length + 8] = (stripped[length + 8] ?? 0) & ~METADATA_FLAGS
      length += padded
    }
    at += padded
  }
  new DataView(stripped.buffer).setUint32(4, length - 8, true)
  return stripped.slice(0, length)
}
