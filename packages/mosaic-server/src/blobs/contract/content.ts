import { type BlobHash, hashBlob } from "@tessera/mosaic"
import type { BlobOutcome, BlobStore } from "../port.ts"

/** Content that looks random, and is the same for the same seed. */
export function contentOf(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = seed * 2_654_435_761
  for (let at = 0; at < length; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[at] = state >>> 24
  }
  return bytes
}

/** Uploads content in pieces of a length, under its own hash unless another is given. */
export async function upload(
  store: BlobStore,
  content: Uint8Array,
  { hash, length = content.length, piece = 10_000 }: { readonly hash?: BlobHash; readonly length?: number; readonly piece?: number } = {},
): Promise<BlobOutcome> {
  await using writer = await store.begin(hash ?? (await hashBlob(content)), length)
  for (let at = 0; at < content.length; at += piece) await writer.write(content.subarray(at, at + piece))
  return await writer.commit()
}

/** The content of a blob as a whole; undefined when it is not there. */
export async function download(store: BlobStore, hash: BlobHash): Promise<Uint8Array | undefined> {
  await using blob = await store.open(hash)
  if (blob === undefined) return undefined
  const content = await gather(blob.pieces)
  if (content.length !== blob.length) throw new Error(`${content.length} bytes of a blob that says it has ${blob.length}`)
  return content
}

/** All pieces as one. */
export async function gather(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const gathered: Uint8Array[] = []
  for await (const piece of pieces) gathered.push(piece)
  return new Uint8Array(Buffer.concat(gathered))
}
