import { blake3 } from "@noble/hashes/blake3.js"
import type { Brand } from "../brand.ts"

/** 64 bytes of unkeyed BLAKE3: what a signature signs, and of which the first 40 bytes are in a record's id. (Specification: cryptography) */
export type Prehash = Brand<Uint8Array, "Prehash">

/** Hashes data. */
export function prehash(data: Uint8Array): Prehash {
  return blake3(data, { dkLen: 64 }) as Uint8Array as Prehash
}
