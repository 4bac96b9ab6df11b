import { DecodeError } from "./errors.ts"

/** Runs a decoder of an inner part that starts at `base`, so that its errors count from the start of the whole. */
export function decodeAt<T>(base: number, decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    if (error instanceof DecodeError) throw new DecodeError(error.reason, base + error.offset)
    throw error
  }
}
