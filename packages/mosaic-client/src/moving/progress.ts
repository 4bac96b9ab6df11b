import { type PublicKey, type ResultCode, type Timestamp, DecodeError, parseTimestamp, toHex } from "@tessera/mosaic"

/** What has become of a move so far: a small plain value, to be kept as JSON and handed to a later `moveRecords` with the same servers. */
export interface MoveProgress {
  readonly version: 1
  /** By phase, part and old server: down to which timestamp (nanoseconds in decimal) everything is dealt with; `all` when all is. */
  readonly reached: Readonly<Record<string, string>>
  /** Records that the new server took. */
  readonly copied: number
  /** Records that it had. */
  readonly present: number
  /** How many it refused, by result code. */
  readonly refused: Readonly<Record<string, number>>
  /** Records that the check found missing after all, and which the new server took then. */
  readonly repaired: number
  /** Records that the check found missing, and which the new server says to have or does not take. */
  readonly missing: number
}

export const NOTHING_MOVED: MoveProgress = { version: 1, reached: {}, copied: 0, present: 0, refused: {}, repaired: 0, missing: 0 }

/** The progress of a move, while it is being made. */
export class Progress {
  #value: MoveProgress

  /** @throws {TypeError} when `start` is not the progress of a move. */
  constructor(start: MoveProgress) {
    if (start.version !== 1) throw new TypeError("progress: not of version 1")
    for (const reached of Object.values(start.reached)) readReached(reached)
    this.#value = start
  }

  get value(): MoveProgress {
    return this.#value
  }

  /** Down to where a source is dealt with; undefined at the start. */
  reached(part: string, server: PublicKey): Timestamp | "all" | undefined {
    const text = this.#value.reached[keyOf(part, server)]
    return text === undefined ? undefined : readReached(text)
  }

  advance(part: string, server: PublicKey, to: Timestamp | "all"): void {
    this.#value = { ...this.#value, reached: { ...this.#value.reached, [keyOf(part, server)]: to.toString() } }
  }

  count(what: "copied" | "present" | "repaired" | "missing"): void {
    this.#value = { ...this.#value, [what]: this.#value[what] + 1 }
  }

  countRefused(code: ResultCode): void {
    const { refused } = this.#value
    this.#value = { ...this.#value, refused: { ...refused, [code]: (refused[code] ?? 0) + 1 } }
  }
}

const keyOf = (part: string, server: PublicKey): string => `${part} ${toHex(server)}`

function readReached(text: string): Timestamp | "all" {
  if (text === "all") return text
  try {
    return parseTimestamp(BigInt(text))
  } catch (error) {
    if (error instanceof DecodeError || error instanceof SyntaxError) throw new TypeError("progress: not of a move", { cause: error })
    throw error
  }
}
