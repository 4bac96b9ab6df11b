import { sha256 } from "@noble/hashes/sha2.js"
import { ByteWriter } from "../byte-writer.ts"
import { SUM_WORDS } from "./id-sum.ts"
import { FINGERPRINT_LENGTH } from "./range.ts"
import { MAX_VARINT_LENGTH, writeVarint } from "./varint.ts"

/** What tells two sets of ids apart: SHA-256, cut to 16 bytes, of the sum of the ids (256 bits, little-endian) and their number (a varint). */
export function fingerprintOf(sum: Uint32Array, count: number): Uint8Array {
  const writer = new ByteWriter(4 * SUM_WORDS + MAX_VARINT_LENGTH)
  for (const word of sum) writer.u32LE(word)
  writeVarint(writer, count)
  return sha256(writer.finish()).subarray(0, FINGERPRINT_LENGTH)
}
