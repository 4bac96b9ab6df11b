import type { ByteChannel, PublicKey, SecretKey } from "@tessera/mosaic"
import type { MosaicServer, RecordStore } from "@tessera/mosaic-server"
import type Database from "better-sqlite3-multiple-ciphers"

/** The time of day and waiting. The time may jump either way: nothing may rely on it growing. */
export interface Clock {
  /** Milliseconds since the Unix epoch, leap seconds not counted. */
  unixMillis(): number
  /**
   * Resolves after `milliseconds` (0 or more).
   * @throws the signal's reason when it aborts first.
   */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>
}

/** Gives `length` bytes that nobody can foretell. */
export type Random = (length: number) => Uint8Array

export interface ListenOptions {
  readonly server: MosaicServer
  /** The home key: Mosaic identity and TLS key of the listener. */
  readonly secretKey: SecretKey
  /** Address to bind; `::` or `0.0.0.0` for all interfaces. */
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  readonly signal: AbortSignal
  /** Which peer addresses may connect; everybody when left out. */
  readonly allowRemote?: (address: string) => boolean
}

export interface Listening {
  readonly port: number
  readonly url: string
  close(): Promise<void>
}

export interface DialOptions {
  readonly host: string
  readonly port: number
  /** Pinned: the connection is refused when another key answers. */
  readonly serverKey: PublicKey
  readonly clientKey?: SecretKey
  readonly signal: AbortSignal
}

export interface Network {
  /** @throws {PortInUseError} when somebody else listens on the port. */
  listen(options: ListenOptions): Promise<Listening>
  dial(options: DialOptions): Promise<ByteChannel>
  /** Whether `dial` takes onion addresses as hosts; it must never ask the DNS for one. */
  readonly dialsOnions?: boolean
  /** Addresses at which other machines may reach this one, the likeliest (private networks) first; loopback is not among them. */
  localAddresses(): readonly string[]
}

/** Another program listens on the port already. */
export class PortInUseError extends Error {
  readonly port: number
  constructor(port: number, options?: ErrorOptions) {
    super(`Another program already listens on port ${port}.`, options)
    this.name = "PortInUseError"
    this.port = port
  }
}

/** Tables that can be rebuilt from the records at any time. */
export type IndexDatabase = Database.Database

/** Where the bytes of the vault live. */
export interface VaultStorage {
  /** The bytes of the vault, at most `VAULT_FILE_LIMIT`; `undefined` when there is none. */
  readVault(): Promise<Uint8Array | undefined>
  /**
   * Puts the bytes in place of the old ones. Atomic: after a crash either all of the old or all of the new is there; resolves when durable.
   * @throws {StorageError} when the disk refuses; the old bytes are still there then, or, when nothing but the last confirmation failed, the new ones: read again.
   */
  writeVault(bytes: Uint8Array): Promise<void>
}

export interface Storage extends VaultStorage {
  /** Opens the truth under its key (32 bytes). */
  openRecords(key: Uint8Array): Promise<RecordStore>
  /** Opens the rebuildable index under its key (32 bytes); one that cannot be read is begun anew, empty. */
  openIndex(key: Uint8Array): IndexDatabase
  /**
   * Holds the folder for this process until disposed.
   * @throws {AlreadyRunningError} when another process holds it.
   */
  lock(): Promise<AsyncDisposable>
}

/** Another node holds the data folder. */
export class AlreadyRunningError extends Error {
  constructor(folder: string, options?: ErrorOptions) {
    super(`Tessera is already running on this folder (${folder}). Use the one that runs, or end it first.`, options)
    this.name = "AlreadyRunningError"
  }
}

/** What making a key from a passphrase costs. Stored beside each wrap; the defaults are for people, cheaper ones for tests only. */
export interface KdfCost {
  /** Argon2id memory in KiB. */
  readonly memoryKiB: number
  /** Argon2id passes over the memory. */
  readonly passes: number
  /** Argon2id lanes. */
  readonly lanes: number
  /** Binary logarithm of scrypt's N, for recovery sheets. */
  readonly sheetLogN: number
}

/** Everything that a node takes from outside, so that a whole node runs in a simulation. */
export interface Ports {
  readonly clock: Clock
  readonly random: Random
  readonly network: Network
  readonly storage: Storage
  /** For tests only. */
  readonly kdf?: Partial<KdfCost>
}
