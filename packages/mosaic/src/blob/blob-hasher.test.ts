import { blake3 } from "@noble/hashes/blake3.js"
import * as fc from "fast-check"
import { expect, test } from "vitest"
import { BufferLike } from "../../test/buffer-like.ts"
import { Random } from "../../test/random.ts"
import { encodeUtf8, toHex } from "../bytes.ts"
import { DecodeError } from "../errors.ts"
import { isBlobHash, parseBlobHash } from "./blob-hash.ts"
import { type BlobHasher, hashBlob, openBlobHasher, portableBlobHasher } from "./blob-hasher.ts"

const HASHERS: readonly [string, () => BlobHasher | Promise<BlobHasher>][] = [
  ["by WebAssembly", openBlobHasher],
  ["by JavaScript", portableBlobHasher],
]

test.each(HASHERS)("%s: whatever the pieces, the hash is BLAKE3's", async (_, open) => {
  await fc.assert(
    fc.asyncProperty(fc.nat(5_000), fc.array(fc.nat(1_500), { maxLength: 12 }), fc.nat(), async (length, cuts, seed) => {
      const content = new Random(seed).bytes(length)
      const hasher = await open()
      let at = 0
      for (const cut of cuts) {
        hasher.update(content.subarray(at, at + cut))
        at += cut
      }
      hasher.update(content.subarray(at))
      expect(toHex(hasher.digest())).toBe(toHex(blake3(content)))
    }),
  )
})

test("knows the published hashes of nothing and of abc", async () => {
  expect(toHex(await hashBlob(new Uint8Array(0)))).toBe("af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262")
  expect(toHex(await hashBlob(encodeUtf8("abc")))).toBe("6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85")
})

test("hashes what is longer than one piece, and two blobs at the same time", async () => {
  const content = new Random(1).bytes(2_500_000)
  const [one, other] = await Promise.all([openBlobHasher(), openBlobHasher()])
  one.update(content)
  other.update(BufferLike.from(content.subarray(1)))
  expect(toHex(one.digest())).toBe(toHex(await hashBlob(content)))
  expect(toHex(other.digest())).toBe(toHex(blake3(content.subarray(1))))
})

test("a hash has 32 bytes", () => {
  expect(isBlobHash(new Uint8Array(32))).toBe(true)
  for (const length of [0, 31, 33]) {
    expect(isBlobHash(new Uint8Array(length))).toBe(false)
    expect(() => parseBlobHash(new Uint8Array(length))).toThrow(DecodeError)
  }
})
