import type { PublicKey } from "../keys/public-key.ts"
import type { AuthNonce } from "../websocket/auth-nonce.ts"

/** What a server grants of a Hello: the version to speak, and the applications that it serves. */
export interface Granted {
  readonly version: number
  readonly applications: readonly number[]
}

/** How a client proves its key by messages, where the transport cannot: over WebSocket. */
export interface KeyProof {
  /** The key that the client said it has, and the nonce that it was given to sign; undefined until it says so by Identify. */
  readonly claim: { readonly key: PublicKey; readonly nonce: AuthNonce } | undefined
  /** A fresh nonce, 32 random bytes. */
  makeNonce(): Uint8Array
  /** The server's signature of the client's nonce. */
  prove(nonce: AuthNonce): Uint8Array
}

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
  /** What was agreed before the first message, in the headers of a WebSocket; undefined where Hello comes as a message. */
  readonly granted?: Granted
  /** For servers: the peer may prove its key by messages. */
  readonly keyProof?: KeyProof
  /** Sends what was written, then closes. Resolves when closed; calling it again is harmless. */
  close(): Promise<void>
}
