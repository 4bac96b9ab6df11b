/**
 * The vault file cannot be used; the message is a sentence for the person that says what is wrong and what to do.
 * - `malformed`: the bytes are damaged or are no vault.
 * - `newerVersion`: a newer Tessera wrote it; it was left untouched.
 * - `exists`: there is a vault already, so none is made.
 * - `missing`: there is no vault to unlock.
 * - `locked`: the vault was locked again meanwhile.
 */
export class VaultError extends Error {
  readonly code: "malformed" | "newerVersion" | "exists" | "missing" | "locked"
  constructor(code: VaultError["code"], message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = "VaultError"
    this.code = code
  }
}

/** The passphrase does not open this; a value, because people mistype. */
export interface WrongPassphrase {
  readonly ok: false
  readonly code: "wrongPassphrase"
  readonly reason: string
}
