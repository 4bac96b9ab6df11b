import { concatBytes, encodeUtf8, fromHex } from "../src/bytes.ts"

/** Pictures of 3 x 2 pixels as Chromium encodes them, cut into chunks, and ways to put chunks together. */
export const LOSSY = fromHex("3001009d012a0300020002c04c259400037000fef76cdfd18e80f95fb7f70d1ca2800000")
export const LOSSLESS = fromHex("2f024000000ff03fc0f9ff1fe0fc87166e7010d1ff10")
export const ALPHA = fromHex("00000080000000")

const u32 = (value: number): Uint8Array => Uint8Array.of(value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24)
const u24 = (value: number): Uint8Array => u32(value).subarray(0, 3)

export const chunk = (tag: string, content: Uint8Array): Uint8Array =>
  concatBytes(encodeUtf8(tag), u32(content.length), content, new Uint8Array(content.length % 2))

export function webp(...chunks: readonly Uint8Array[]): Uint8Array {
  const body = concatBytes(encodeUtf8("WEBP"), ...chunks)
  return concatBytes(encodeUtf8("RIFF"), u32(body.length), body)
}

export const canvas = (width: number, height: number): Uint8Array =>
  chunk("VP8X", concatBytes(Uint8Array.of(0x10, 0, 0, 0), u24(width - 1), u24(height - 1)))

export const animationFrame = (...chunks: readonly Uint8Array[]): Uint8Array => chunk("ANMF", concatBytes(new Uint8Array(16), ...chunks))

/** A lossless picture that says to have this size; its pixels would not decode. */
export function losslessOf(width: number, height: number): Uint8Array {
  const content = LOSSLESS.slice()
  content.set(u32((width - 1) | ((height - 1) << 14)), 1)
  return content
}

/** A lossy picture that says to have this size; its pixels would not decode. */
export function lossyOf(width: number, height: number): Uint8Array {
  const content = LOSSY.slice()
  content.set([width & 0xff, width >> 8, height & 0xff, height >> 8], 6)
  return content
}

export const picture = (width: number, height: number): Uint8Array => webp(chunk("VP8L", losslessOf(width, height)))
