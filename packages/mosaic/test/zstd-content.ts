import { Random } from "./random.ts"

const WORDS = ["record", "tag", "key", "server", "tile", "note", "friend", "circle", "home", "door", "é", "7", "\n"]

/** Repeatable contents that compressors treat in different ways. */
export const zstdContent = {
  /** Text of few words: Huffman codes and many copies. */
  words: (seed: number, count: number): Uint8Array => {
    const random = new Random(seed)
    return new TextEncoder().encode(Array.from({ length: count }, () => random.pick(WORDS)).join(" "))
  },
  /** Bytes from a small alphabet, few copies. */
  skewed: (seed: number, length: number): Uint8Array => {
    const random = new Random(seed)
    return Uint8Array.from({ length }, () => 97 + random.below(1 + random.below(20)))
  },
  /** Mostly one of two values: many literals in few bits. */
  flips: (seed: number, length: number, most = 4): Uint8Array => {
    const random = new Random(seed)
    return Uint8Array.from({ length }, () => (random.below(6) === 0 ? random.below(3) : most))
  },
  /** Bytes that nothing compresses. */
  noise: (seed: number, length: number): Uint8Array => new Random(seed).bytes(length),
  /** One byte, again and again. */
  run: (byte: number, length: number): Uint8Array => new Uint8Array(length).fill(byte),
  /** A short pattern over and over with a number between: sequences of one shape. */
  rows: (count: number): Uint8Array => new TextEncoder().encode(Array.from({ length: count }, (_, i) => `row ${i % 10};`).join("")),
}
