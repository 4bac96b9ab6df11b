import { fromHex } from "../src/bytes.ts"

/** Bytes from hexadecimal in which white space sets fields apart. */
export const spacedHex = (text: string): Uint8Array => fromHex(text.replaceAll(/\s/g, ""))
