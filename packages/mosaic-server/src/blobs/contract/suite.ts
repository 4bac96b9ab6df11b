import { type BlobHash, equalBytes, hashBlob, toHex } from "@tessera/mosaic"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { StorageError } from "../../store/port.ts"
import { blobCost } from "../budget.ts"
import { BLOB_CHUNK_LENGTH, type BlobStore } from "../port.ts"
import { contentOf, download, gather, upload } from "./content.ts"
import type { BlobPlace } from "./place.ts"

/** How the suite opens the store that it proves. */
export interface BlobContractOptions {
  /** Where the store of one test lies. */
  readonly place: () => Promise<BlobPlace>
  /** The store keeps nothing when it is closed. */
  readonly forgets?: boolean
}

const EDGES = [0, 1, BLOB_CHUNK_LENGTH - 1, BLOB_CHUNK_LENGTH, BLOB_CHUNK_LENGTH + 1, 3 * BLOB_CHUNK_LENGTH, 3 * BLOB_CHUNK_LENGTH + 7]
const CHUNK = BLOB_CHUNK_LENGTH

/** The contract of a {@link BlobStore} as tests. To be called at the top of a test file. */
export function blobStoreContract(name: string, { place, forgets = false }: BlobContractOptions): void {
  describe(`${name}: the contract of blob stores`, () => {
    test.each(EDGES)("gives back %i bytes as they came, in pieces of at most 64 KiB", async (length) => {
      await using where = await place()
      await using store = await where.open()
      const content = contentOf(length)
      const hash = await hashBlob(content)
      expect([await store.has(hash), await store.open(hash)]).toEqual([false, undefined])
      expect(await upload(store, content)).toBe("stored")
      expect(await store.has(hash)).toBe(true)
      expect(equalBytes((await download(store, hash)) ?? new Uint8Array(9), content)).toBe(true)
      await using blob = await store.open(hash)
      expect(blob?.length).toBe(length)
      for await (const piece of blob?.pieces ?? []) expect(piece.length).toBeLessThanOrEqual(CHUNK)
    })

    test("however it is cut, what comes out is what went in", async () => {
      await using where = await place()
      await using store = await where.open()
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 0, max: 2 * CHUNK + 9 }), fc.integer({ min: 1, max: 2 * CHUNK }), async (length, piece) => {
          const content = contentOf(length, length)
          const hash = await hashBlob(content)
          expect(await upload(store, content, { piece: Math.max(piece, length >> 6) })).toMatch(/stored|duplicate/)
          expect(equalBytes((await download(store, hash)) ?? new Uint8Array(1), content)).toBe(true)
        }),
        { numRuns: 40 },
      )
    })

    test("takes nothing that is not what was announced, and nothing of it stays", async () => {
      await using where = await place()
      await using store = await where.open()
      const content = contentOf(CHUNK + 5)
      const [hash, other] = [await hashBlob(content), await hashBlob(contentOf(3))]
      expect(await upload(store, content, { hash: other })).toBe("mismatch")
      expect(await upload(store, content.subarray(0, CHUNK), { hash, length: content.length })).toBe("mismatch")
      expect(await upload(store, contentOf(CHUNK + 6), { hash, length: content.length })).toBe("mismatch")
      expect(await upload(store, content.with(CHUNK, 1 ^ (content[CHUNK] ?? 0)), { hash })).toBe("mismatch")
      {
        await using writer = await store.begin(hash, content.length)
        await writer.write(content)
      }
      expect([await store.has(hash), await store.has(other)]).toEqual([false, false])
      expect(store.usage()).toMatchObject({ blobs: 0, bytes: 0, reserved: 0 })
      expect(await upload(store, content)).toBe("stored")
    })

    test("keeps a blob once, whoever brings it, and checks it all the same", async () => {
      await using where = await place()
      await using store = await where.open()
      const content = contentOf(100_000)
      const hash = await hashBlob(content)
      const outcomes = await Promise.all([1, 2, 3, 4].map(() => upload(store, content)))
      expect(outcomes.toSorted()).toEqual(["duplicate", "duplicate", "duplicate", "stored"])
      expect(await upload(store, content)).toBe("duplicate")
      expect(await upload(store, contentOf(100_000, 2), { hash })).toBe("mismatch")
      expect(await upload(store, content.subarray(1), { hash, length: content.length })).toBe("mismatch")
      expect(store.usage()).toMatchObject({ blobs: 1, bytes: blobCost(100_000), reserved: 0 })
      expect(equalBytes((await download(store, hash)) ?? new Uint8Array(1), content)).toBe(true)
    })

    test("drops a blob; who is reading it reads on", async () => {
      await using where = await place()
      await using store = await where.open()
      const content = contentOf(3 * CHUNK)
      const hash = await hashBlob(content)
      await upload(store, content)
      await using blob = await store.open(hash)
      expect([await store.remove(hash), await store.remove(hash), await store.has(hash)]).toEqual([true, false, false])
      expect(store.usage()).toMatchObject({ blobs: 0, bytes: 0 })
      expect(blob !== undefined && equalBytes(await gather(blob.pieces), content)).toBe(true)
      expect(await upload(store, content)).toBe("stored")
    })

    test("refuses what does not fit its budget, at the beginning or as it comes, and loses nothing", async () => {
      await using where = await place()
      const length = 2 * CHUNK
      await using store = await where.open({ budget: 2 * blobCost(length) })
      const [one, two, three] = [contentOf(length, 1), contentOf(length, 2), contentOf(length, 3)]
      const hashes = await Promise.all([one, two, three].map(hashBlob))
      const [, second, third] = hashes as [BlobHash, BlobHash, BlobHash]
      await expect(store.begin(third, 4 * length)).rejects.toMatchObject({ name: "StorageError", reason: "full" })
      expect(await upload(store, one)).toBe("stored")
      // Both fit when they begin: who announces takes nothing from who brings.
      await using late = await store.begin(third, length)
      expect(await upload(store, two)).toBe("stored")
      await expect(late.write(three)).rejects.toThrow(StorageError)
      await expect(upload(store, contentOf(1))).rejects.toMatchObject({ reason: "full" })
      // What is there already takes no room.
      expect(await upload(store, one)).toBe("duplicate")
      expect(store.usage()).toEqual({ blobs: 2, bytes: 2 * blobCost(length), reserved: 0, budget: 2 * blobCost(length) })
      expect(await store.remove(second)).toBe(true)
      expect(await upload(store, three)).toBe("stored")
      expect(equalBytes((await download(store, third)) ?? new Uint8Array(1), three)).toBe(true)
    })

    test("counts uploads that have not ended, and gives their room back", async () => {
      await using where = await place()
      await using store = await where.open({ budget: 3 * blobCost(CHUNK) })
      const writers = await Promise.all([1, 2, 3, 4].map(async (seed) => await store.begin(await hashBlob(contentOf(CHUNK, seed)), CHUNK)))
      const written = await Promise.allSettled(writers.map((writer, index) => writer.write(contentOf(CHUNK, index + 1))))
      expect(written.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "fulfilled", "rejected"])
      expect(store.usage()).toMatchObject({ blobs: 0, reserved: 3 * blobCost(CHUNK) })
      await writers[0]?.[Symbol.asyncDispose]()
      expect([await writers[1]?.commit(), await writers[2]?.commit()]).toEqual(["stored", "stored"])
      expect(store.usage()).toMatchObject({ blobs: 2, reserved: 0 })
    })

    test("wants a length that is one", async () => {
      await using where = await place()
      await using store = await where.open()
      const hash = await hashBlob(contentOf(1))
      for (const length of [-1, 0.5, Number.NaN, 2 ** 48]) await expect(store.begin(hash, length)).rejects.toThrow(RangeError)
      await expect(where.open({ budget: -1 })).rejects.toThrow(RangeError)
    })

    test("has everything again when it is opened again", async (context) => {
      if (forgets) return context.skip("it forgets")
      await using where = await place()
      const contents = EDGES.map((length, index) => contentOf(length, index))
      let before: ReturnType<BlobStore["usage"]>
      {
        await using store = await where.open()
        for (const content of contents) await upload(store, content)
        before = store.usage()
      }
      await using store = await where.open()
      expect(store.usage()).toEqual(before)
      for (const content of contents) {
        const got = await download(store, await hashBlob(content))
        expect(got === undefined ? "nothing" : toHex(await hashBlob(got))).toBe(toHex(await hashBlob(content)))
      }
    })
  })
}
