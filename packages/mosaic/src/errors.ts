/**
 * Bytes or text from a peer do not have the form that they must have: the peer's fault.
 *
 * `reason` is short and stable, a detail may follow after `: `; `offset` counts bytes (characters, for text) from the start of the input.
 */
export class DecodeError extends Error {
  override readonly name = "DecodeError"
  readonly reason: string
  readonly offset: number

  constructor(reason: string, offset = 0) {
    super(offset === 0 ? reason : `${reason} (at ${offset})`)
    this.reason = reason
    this.offset = offset
  }
}

/** Something well-formed did not stand its test: a hash, a key, a signature, a password. `reason` is short and stable, a detail may follow after `: `. */
export class VerifyError extends Error {
  override readonly name = "VerifyError"
  readonly reason: string

  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options)
    this.reason = reason
  }
}
