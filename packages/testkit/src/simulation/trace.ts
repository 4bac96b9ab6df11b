import { createHash } from "node:crypto"

/** Lines kept for the message of a failure. */
const KEPT = 60

/** Everything that happened in a run, as one hash: two runs of the same seed must have the same. `SIM_TRACE=1` prints it as it happens. */
export class Trace {
  readonly #hash = createHash("sha256")
  readonly #now: () => number
  readonly #last: string[] = []
  #count = 0

  constructor(now: () => number) {
    this.#now = now
  }

  /** Notes that something happened; `bytes` count into the hash. */
  add(who: string, what: string, bytes?: Uint8Array): void {
    const line = `${this.#now().toFixed(3)} ${who}: ${what}`
    if (process.env["SIM_TRACE"] === "1") process.stderr.write(`${line}\n`)
    this.#hash.update(`${line}\n`)
    if (bytes !== undefined) this.#hash.update(bytes)
    this.#count += 1
    this.#last.push(line)
    if (this.#last.length > 2 * KEPT) this.#last.splice(0, KEPT)
  }

  /** How many things happened. */
  get length(): number {
    return this.#count
  }

  /** The last things that happened, oldest first. */
  get last(): readonly string[] {
    return this.#last.slice(-KEPT)
  }

  /** The hash so far, hexadecimal. */
  digest(): string {
    return this.#hash.copy().digest("hex")
  }
}
