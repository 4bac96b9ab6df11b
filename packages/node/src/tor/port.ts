import type { Duplex } from "node:stream"
import type { SecretKey } from "@tessera/mosaic"
import type { BridgeLine } from "./bridge-line.ts"
import type { OnionAddress } from "./onion-address.ts"
import type { LocalPlace } from "./place.ts"
import type { DialFailure } from "./socks/refusals.ts"
import type { TorStatus } from "./status.ts"

/** What a node needs of Tor, whoever provides it. Nothing here waits for the network unless it says so. */
export interface TorProvider extends AsyncDisposable {
  /** How things are now. */
  readonly status: TorStatus
  /** Calls `listener` after each change of `status`, until the function that it gives back is called. */
  onStatus(listener: (status: TorStatus) => void): () => void

  /**
   * Makes an onion service, and keeps it in the network until it is disposed, across restarts of tor.
   * @throws {RangeError} when an option is out of its bounds, or the service is published already.
   */
  publish(options: PublishOptions): OnionService

  /**
   * Connects to a service (or, through an exit, to any host). Tries again with a fresh view of the network where that can help.
   * @throws {RangeError} when an option is out of its bounds.
   * @throws the signal's reason when it aborts first.
   */
  dial(options: DialOptions): Promise<DialResult>

  /** Brings this key (32 bytes, X25519) to a restricted service from now on; `undefined` takes it back. */
  authorize(address: OnionAddress, clientKey: Uint8Array | undefined): void

  /** Goes through these bridges from now on, through none when empty. Tor starts anew; services stay. */
  useBridges(bridges: readonly BridgeLine[]): void
}

export interface PublishOptions {
  /** The service's Ed25519 seed; its address is that of the public key. */
  readonly key: SecretKey
  /** The port that others dial. */
  readonly port: number
  /** Where we listen for them: best a Unix socket, which no other user and no web page of this machine can reach. */
  readonly target: LocalPlace
  /** Only who has the secret half of one of these (32 bytes each, X25519) can find the service; everybody when left out, nobody when empty. At most 256. */
  readonly clients?: readonly Uint8Array[]
}

export interface OnionService extends AsyncDisposable {
  readonly address: OnionAddress
  /** It stands in the network now, as far as tor says. */
  readonly isReachable: boolean
  /** Resolves when it stands in the network. @throws the signal's reason when it aborts first. */
  whenReachable(signal: AbortSignal): Promise<void>
  /**
   * Lets these clients in from now on, and nobody else. Takes about a second, in which nobody finds the service.
   * Connections that are there stay, and who was let in before may come back for a while: close them, and check everybody, in our own protocol as well.
   */
  setClients(clients: readonly Uint8Array[]): void
}

export interface DialOptions {
  /** An onion address, or a name or address that an exit resolves: never this machine. */
  readonly host: string
  readonly port: number
  /** Connections of the same name may share a circuit, others never do, so that nobody on the way links them. */
  readonly isolation: string
  readonly signal: AbortSignal
}

export type DialResult =
  | { readonly ok: true; readonly stream: Duplex }
  | { readonly ok: false; readonly code: DialFailure; readonly reason: string }
