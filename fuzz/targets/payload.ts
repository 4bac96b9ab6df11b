import { zstdCompressSync, zstdDecompressSync } from "node:zlib"
import { encodeUtf8, readWebpSize } from "@tessera/mosaic"
import { decompressZstd } from "../../packages/mosaic/src/zstd/frame.ts"
import { picture } from "../../packages/mosaic/test/webp.ts"
import { zstdFixtures } from "../../packages/mosaic/test/zstd-fixtures.ts"
import { fromHex } from "../../packages/mosaic/src/bytes.ts"
import { type Target, expectSame } from "../target.ts"

const LIMIT = 64 * 1024
/** What every frame but skippable ones begins with, without its first byte. */
const MAGIC = Buffer.from("b52ffd", "hex")

const small = zstdFixtures.map(({ hex }) => fromHex(hex)).filter(({ length }) => length < 1_000)
const texts = [1, 5, 12, 19].map((level) =>
  zstdCompressSync(encodeUtf8("one two three one two four one five ".repeat(level * 3)), { params: { 100: level } }),
)

/** Compressed payloads, against libzstd. Checksums are not looked at, so only what both give is compared. */
export const zstdTarget: Target = {
  name: "zstd",
  share: 30,
  good: [...small, ...texts.map((bytes) => new Uint8Array(bytes))],
  take(bytes) {
    const ours = decompressZstd(bytes, LIMIT)
    const theirs = libzstd(bytes)
    if (theirs !== undefined) expectSame(ours, theirs, "libzstd gives something else")
  },
}

function libzstd(bytes: Uint8Array): Uint8Array | undefined {
  // Node ends with the first frame, ours reads them all.
  if (Buffer.from(bytes).indexOf(MAGIC, 1) > 0) return undefined
  try {
    return zstdDecompressSync(bytes, { maxOutputLength: LIMIT })
  } catch {
    // Whatever it says: there is nothing to compare with.
    return undefined
  }
}

export const webpTarget: Target = {
  name: "WebP",
  share: 500,
  good: [picture(10, 20), picture(320, 320)],
  take: (bytes) => void readWebpSize(bytes),
}
