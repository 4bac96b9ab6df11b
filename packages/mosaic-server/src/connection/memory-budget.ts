/**
 * What all connections together make the server hold: half messages, answers and new records that wait to be written, submissions that wait for the
 * disk, filters of open queries. Each of these has a bound of its own for each connection; thousands of connections that all go to their bounds need
 * one more.
 */
export class MemoryBudget {
  readonly #most: number
  readonly #shares = new Set<Share>()
  #held = 0

  /** @param most bytes. */
  constructor(most: number) {
    this.#most = most
  }

  /** Bytes that are held now. */
  get held(): number {
    return this.#held
  }

  /**
   * Begins to count for one connection.
   * @param onOverdrawn called once, when all hold too much and this one holds the most: it has to end.
   */
  open(onOverdrawn: () => void): Share {
    const share = new Share((delta) => this.#count(share, delta), onOverdrawn)
    this.#shares.add(share)
    return share
  }

  #count(share: Share, delta: number): void {
    if (!this.#shares.has(share)) return
    this.#held += delta
    if (delta > 0) this.#enforce()
  }

  /** Lets go of those that hold the most until the others fit. What these held counts no more: it is about to be freed. */
  #enforce(): void {
    while (this.#held > this.#most) {
      const [first, ...others] = this.#shares
      if (first === undefined) return
      this.close(others.reduce((most, share) => (share.held > most.held ? share : most), first)).overdraw()
    }
  }

  /** Stops counting for a connection. */
  close(share: Share): Share {
    if (this.#shares.delete(share)) this.#held -= share.held
    return share
  }
}

/** What one connection makes the server hold. */
export class Share {
  readonly #onChange: (delta: number) => void
  readonly overdraw: () => void
  #held = 0

  constructor(onChange: (delta: number) => void, onOverdrawn: () => void) {
    this.#onChange = onChange
    this.overdraw = onOverdrawn
  }

  get held(): number {
    return this.#held
  }

  /** Counts bytes that are held from now on, or (negative) not any more. */
  add(bytes: number): void {
    this.#held += bytes
    this.#onChange(bytes)
  }
}
