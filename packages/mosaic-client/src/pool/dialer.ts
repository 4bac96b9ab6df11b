import { type ByteChannel, type PublicKey, type SecretKey, isMosaicUrl, parseMosaicUrl, urlReach } from "@tessera/mosaic"

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

/** A dialer that goes to public addresses alone: a stranger's bootstrap cannot have it knock at doors in one's own network. */
export function publicOnly(dialer: Dialer): Dialer {
  return {
    accepts: (url) => isMosaicUrl(url) && urlReach(parseMosaicUrl(url)) !== "local" && dialer.accepts(url),
    dial: (url, request) => dialer.dial(url, request),
  }
}
