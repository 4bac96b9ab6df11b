import type { PublicKey, SecretKey } from "@tessera/mosaic"

/** Which server is to prove itself, and as whom it is reached, whatever the transport. */
export interface DialOptions {
  /** Pinned: whoever cannot prove this key is not talked to, whatever its certificate is. */
  readonly serverKey: PublicKey
  /** Proved to the server; without one the client stays anonymous. */
  readonly clientKey?: SecretKey
  /** Gives up connecting. The channel that was made does not depend on it. */
  readonly signal?: AbortSignal
  /** How long it may take until the server's key is proved, in milliseconds; 10 seconds when not given. */
  readonly timeoutMs?: number
}
