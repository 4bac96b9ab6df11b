import { expect, test } from "vitest"
import { growthExponent } from "../test/growth.ts"
import { feedHostileInput } from "../test/hostile.ts"
import { ALPHA, LOSSLESS, LOSSY, animationFrame, canvas, chunk, losslessOf, lossyOf, picture, webp } from "../test/webp.ts"
import { concatBytes, encodeUtf8 } from "./bytes.ts"
import { readWebpSize } from "./webp.ts"

const METADATA = chunk("EXIF", encodeUtf8("odd"))
const changed = (bytes: Uint8Array, at: number, value: number): Uint8Array => {
  const copy = bytes.slice()
  copy[at] = value
  return copy
}

test.each<readonly [string, Uint8Array, number, number]>([
  ["lossy", webp(chunk("VP8 ", LOSSY)), 3, 2],
  ["lossless", webp(chunk("VP8L", LOSSLESS)), 3, 2],
  ["lossy with transparency", webp(canvas(3, 2), chunk("ALPH", ALPHA), chunk("VP8 ", LOSSY)), 3, 2],
  ["metadata of odd length", webp(canvas(3, 2), METADATA, chunk("VP8L", LOSSLESS), METADATA), 3, 2],
  [
    "animated",
    webp(
      canvas(5, 4),
      chunk("ANIM", new Uint8Array(6)),
      animationFrame(chunk("VP8L", LOSSLESS)),
      animationFrame(chunk("ALPH", ALPHA), chunk("VP8 ", LOSSY)),
    ),
    5,
    4,
  ],
  ["the largest lossless", picture(16384, 16384), 16384, 16384],
  ["the largest lossy, scaled", webp(chunk("VP8 ", changed(changed(lossyOf(16383, 16383), 7, 0xff), 9, 0xff))), 16383, 16383],
  ["a large canvas", webp(canvas(2 ** 24, 70_000), chunk("VP8L", LOSSLESS)), 2 ** 24, 70_000],
])("reads the size of a picture: %s", (_, bytes, width, height) => {
  expect(readWebpSize(bytes)).toEqual({ width, height })
})

const LOSSY_FILE = webp(chunk("VP8 ", LOSSY))
const LOSSLESS_FILE = webp(chunk("VP8L", LOSSLESS))

test.each<readonly [string, Uint8Array, string]>([
  ["nothing", new Uint8Array(0), "WebP: not a WebP file"],
  ["a PNG file", concatBytes(Uint8Array.of(0x89), encodeUtf8("PNG"), new Uint8Array(40)), "WebP: not a WebP file"],
  ["another RIFF file", changed(LOSSY_FILE, 8, 0x41), "WebP: not a WebP file"],
  ["a file that is cut off", LOSSY_FILE.subarray(0, -1), "WebP: length not as its header says"],
  ["bytes behind the end", concatBytes(LOSSY_FILE, Uint8Array.of(0)), "WebP: length not as its header says"],
  ["a chunk past the end", changed(LOSSY_FILE, 16, 0xff), "WebP: chunk past the end"],
  ["half a chunk header", webp(chunk("VP8 ", LOSSY), new Uint8Array(4)), "WebP: chunk cut off"],
  ["no picture", webp(METADATA), "WebP: no picture"],
  ["a canvas without a picture", webp(canvas(3, 2), METADATA), "WebP: no picture"],
  ["a canvas that is cut off", webp(chunk("VP8X", new Uint8Array(9))), "WebP: canvas cut off"],
  ["a lossy picture that is cut off", webp(chunk("VP8 ", LOSSY.subarray(0, 9))), "WebP: picture cut off"],
  ["a lossy picture without start code", changed(LOSSY_FILE, 23, 0), "WebP: no start code"],
  ["a lossy picture that is no key frame", changed(LOSSY_FILE, 20, 0x31), "WebP: no start code"],
  ["a lossy picture without width", webp(chunk("VP8 ", lossyOf(0, 2))), "WebP: no pixels"],
  ["a lossy picture without height", webp(chunk("VP8 ", lossyOf(3, 0))), "WebP: no pixels"],
  ["a lossless picture that is cut off", webp(chunk("VP8L", LOSSLESS.subarray(0, 4)), METADATA), "WebP: picture cut off"],
  ["a lossless picture without signature", changed(LOSSLESS_FILE, 20, 0x2e), "WebP: no signature"],
  ["a picture wider than its canvas", webp(canvas(3, 2), chunk("VP8L", losslessOf(4, 2))), "WebP: picture larger than its canvas"],
  ["a picture higher than its canvas", webp(canvas(3, 2), chunk("VP8 ", lossyOf(3, 3))), "WebP: picture larger than its canvas"],
  [
    "a second picture larger than the canvas",
    webp(canvas(3, 2), chunk("VP8L", LOSSLESS), chunk("VP8L", losslessOf(9999, 9999))),
    "WebP: picture larger than its canvas",
  ],
  [
    "an animation frame larger than the canvas",
    webp(canvas(3, 2), animationFrame(chunk("VP8L", losslessOf(4, 2)))),
    "WebP: picture larger than its canvas",
  ],
  ["an animation frame that is cut off", webp(canvas(3, 2), chunk("ANMF", new Uint8Array(15))), "WebP: animation frame cut off"],
])("refuses %s", (_, bytes, reason) => {
  expect(() => readWebpSize(bytes)).toThrow(expect.objectContaining({ name: "DecodeError", reason }))
})

test("survives hostile input", () => {
  const valid = [
    LOSSY_FILE,
    LOSSLESS_FILE,
    webp(canvas(3, 2), METADATA, animationFrame(chunk("VP8L", LOSSLESS)), animationFrame(chunk("VP8 ", LOSSY))),
  ]
  const repair = (bytes: Uint8Array): void => {
    if (bytes.length > 8) new DataView(bytes.buffer).setUint32(4, bytes.length - 8, true)
  }
  expect(feedHostileInput(readWebpSize, valid, { repair })).toBeGreaterThan(1000)
})

test.each<readonly [string, Uint8Array]>([
  ["chunks", chunk("EXIF", new Uint8Array(0))],
  ["animation frames", animationFrame(chunk("VP8L", LOSSLESS))],
])("takes time linear in its %s", (_, part) => {
  const prepare = (size: number): Uint8Array => webp(canvas(3, 2), ...Array.from({ length: size }, () => part), chunk("VP8L", LOSSLESS))
  expect(growthExponent(500, prepare, readWebpSize)).toBeLessThan(1.6)
})
