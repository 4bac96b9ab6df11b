import { decompress } from "fzstd"
import { DecodeError } from "../errors.ts"

export function decompressZstd(bytes: Uint8Array, limit: number): Uint8Array {
  try {
    const out = decompress(bytes)
    if (out.length > limit) throw new DecodeError("payload too large")
    return out
  } catch (error) {
    if (error instanceof DecodeError) throw error
    throw new DecodeError("ZSTD")
  }
}
