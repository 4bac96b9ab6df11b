import { type ResultCode, RESULT, fromHex, isResultCode, toHex } from "@tessera/mosaic"

interface Waiting {
  readonly resolve: (code: ResultCode) => void
  readonly reject: (error: unknown) => void
}

/** Submissions that wait for their result, found by their id prefix. The same record handed over twice gets its results in order. */
export class Submissions {
  readonly #byPrefix = new Map<string, Waiting[]>()
  readonly #room: (() => void)[] = []
  #count = 0

  get count(): number {
    return this.#count
  }

  /** Resolves to the result of a submission that is about to be sent. */
  expect(idPrefix: Uint8Array): Promise<ResultCode> {
    this.#count += 1
    const key = toHex(idPrefix)
    return new Promise((resolve, reject) => {
      this.#byPrefix.set(key, [...(this.#byPrefix.get(key) ?? []), { resolve, reject }])
    })
  }

  /** The server knows no such submission: `UNDEFINED` for the one that waits longest. False when none waits. */
  unrecognized(): boolean {
    const [longest] = this.#byPrefix.keys()
    return longest !== undefined && this.settle(fromHex(longest), RESULT.UNDEFINED)
  }

  /** A result has come; false when nobody waits for it. */
  settle(idPrefix: Uint8Array, code: number): boolean {
    const key = toHex(idPrefix)
    const [first, ...others] = this.#byPrefix.get(key) ?? []
    if (first === undefined) return false
    if (others.length === 0) this.#byPrefix.delete(key)
    else this.#byPrefix.set(key, others)
    this.#count -= 1
    first.resolve(isResultCode(code) ? code : RESULT.UNDEFINED)
    this.#room.shift()?.()
    return true
  }

  /** Resolves when fewer than `most` wait. */
  async room(most: number): Promise<void> {
    while (this.#count >= most) await new Promise<void>((resolve) => this.#room.push(resolve))
  }

  fail(error: unknown): void {
    const waiting = [...this.#byPrefix.values()].flat()
    this.#byPrefix.clear()
    this.#count = 0
    for (const { reject } of waiting) reject(error)
    for (const resolve of this.#room.splice(0)) resolve()
  }
}
