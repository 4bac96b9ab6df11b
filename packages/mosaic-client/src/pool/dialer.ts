import type { ByteChannel, PublicKey, SecretKey } from "@tessera/mosaic"

/** Whom to dial, and as whom. */
export interface DialRequest {
  /** Pinned: whoever cannot prove this key must not be talked to. */
  readonly serverKey: PublicKey
  /** Proved to the server; without one the client stays anonymous. */
  readonly clientKey?: SecretKey
  readonly signal: AbortSignal
}

/** A transport as a pool needs it. */
export interface Dialer {
  /** Whether it can dial this URL: its scheme, and a host that it can reach. */
  accepts(url: string): boolean
  /** @throws {WrongServerError} when somebody else answers there. @throws {ConnectionClosedError} when nobody does. */
  dial(url: string, request: DialRequest): Promise<ByteChannel>
}
