import { concatBytes, equalBytes } from "../bytes.ts"
import { DecodeError } from "../errors.ts"

const MAGIC = Uint8Array.of(0xd6, 0xda, 0xf0, 0xbd, 0x33)
const BLOCK_LENGTH = 40

/** 0 is X25519, 1 secp256k1. */
export const encodeEncryptionKey = (key: Uint8Array, algorithm: number): Uint8Array =>
  concatBytes(MAGIC, Uint8Array.of(algorithm, 0, 0), key)

/** @throws {DecodeError} when the block is not 40 bytes, its magic bytes or zeros differ, or its algorithm is reserved. */
export function parseEncryptionKey(block: Uint8Array): { readonly algorithm: number; readonly key: Uint8Array } {
  if (block.length !== BLOCK_LENGTH) throw new DecodeError(`encryption key length: ${block.length} bytes`)
  if (!equalBytes(block.subarray(0, 5), MAGIC)) throw new DecodeError("encryption key magic", 0)
  const [algorithm = 0, zero = 0, alsoZero = 0] = block.subarray(5, 8)
  if (algorithm > 1) throw new DecodeError("encryption key algorithm", 5)
  if (zero !== 0 || alsoZero !== 0) throw new DecodeError("encryption key: not zero", 6)
  return { algorithm, key: block.subarray(8) }
}
