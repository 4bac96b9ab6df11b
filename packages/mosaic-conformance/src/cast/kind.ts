import { randomBytes } from "node:crypto"

/** The application for examples, of the application registry. */
const EXAMPLES = 99n

const HANDLING = { unique: 0b00n, ephemeral: 0b01n, replaceable: 0b10n, versioned: 0b11n } as const
const READERS = { author: 0b0000n, tagged: 0b0100n, everybody: 0b1100n } as const

export type Handling = keyof typeof HANDLING
export type Readers = keyof typeof READERS

/** A kind of the examples that no other rule uses, laid out as the kind page says. */
export function freshKind(handling: Handling = "unique", readers: Readers = "everybody"): bigint {
  const number = BigInt(randomBytes(2).readUInt16BE())
  return (EXAMPLES << 32n) | (number << 16n) | READERS[readers] | HANDLING[handling]
}

/** Of the core application. (Specification: kinds) */
export const KEY_SCHEDULE = 0x0000_0000_0001_000en
export const PROFILE = 0x0000_0000_0002_000en
/** Of the social media application. */
export const MICROBLOG_ROOT = 0x0000_0001_0001_001cn
