import { randomFillSync } from "node:crypto"
import type { Random } from "../ports.ts"

/** The operating system's generator. */
export const systemRandom: Random = (length) => randomFillSync(new Uint8Array(length))
