/** None of a server's URLs could be connected to. `attempts` says of each URL why; it is empty when no URL is known that can be dialled. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError"
  readonly attempts: readonly { readonly url: string; readonly error: unknown }[]

  constructor(attempts: UnreachableError["attempts"]) {
    const reasons = attempts.map(({ url, error }) => `${url}: ${error instanceof Error ? error.message : "unknown"}`)
    super(reasons.length === 0 ? "the server has no URL that can be dialled" : `the server cannot be reached: ${reasons.join("; ")}`)
    this.attempts = attempts
  }
}

/** The server failed a short time ago, and is left alone for so many milliseconds. */
export class RestingError extends Error {
  override readonly name = "RestingError"
  readonly milliseconds: number

  constructor(milliseconds: number) {
    super(`the server failed and is left alone for ${milliseconds} ms`)
    this.milliseconds = milliseconds
  }
}

/** As many connections as are allowed are in use, and none became free in time. */
export class PoolFullError extends Error {
  override readonly name = "PoolFullError"
}
