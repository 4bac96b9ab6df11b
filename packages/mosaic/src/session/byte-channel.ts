import type { PublicKey } from "../keys/public-key.ts"

/** A connection as a transport gives it to a server or a client: bytes in order, both ways, from a peer who may have proved a key. */
export interface ByteChannel {
  /** The key that the peer proved to hold (a TLS certificate, Hello Auth); undefined when it is anonymous. */
  readonly peerKey: PublicKey | undefined
  /** Where the peer is, for logs and limits by address: `127.0.0.1:41234`. */
  readonly remote: string
  /** Ends when the peer closes, throws when the connection breaks. To be read once. */
  readonly incoming: AsyncIterable<Uint8Array>
  /** Resolves when the transport can take more; rejects when the connection is closed. */
  write(bytes: Uint8Array): Promise<void>
  /** Sends what was written, then closes. Resolves when closed; calling it again is harmless. */
  close(): Promise<void>
}
