import type { Timestamp } from "@tessera/mosaic"
import type { RecordStore } from "@tessera/mosaic-server"
import type { Clock, Random } from "../ports.ts"
import type { StateKeys } from "./record.ts"
import type { StateItem, StateType } from "./type.ts"

/** One change of personal state; made by `setting` and `removing`. */
export interface StateChange {
  readonly type: string
  readonly key: string
  /** Plain data; `null` deletes. */
  readonly value: unknown
}

/** Personal state: an index in memory over sealed State records, which are the truth. */
export interface StateStore {
  get<T>(type: StateType<T>, key: string): T | undefined
  /** Every item that is not deleted, by key. */
  list<T>(type: StateType<T>): readonly StateItem<T>[]
  /**
   * Sets an item; resolves when it is durable, and only then `get` shows it.
   * `value` must be plain data as CBOR can hold it (text, numbers, booleans, byte arrays, arrays, objects), not `null`.
   * @throws {StorageError} when the disk refuses; nothing changed then.
   * @throws {RangeError} for a key of more than 512 characters or a value too large for a record.
   */
  set<T>(type: StateType<T>, key: string, value: T): Promise<void>
  /** Deletes an item, durably. One that is not there is left so. */
  remove<T>(type: StateType<T>, key: string): Promise<void>
  /** Several changes at once: after a crash either all of them hold or none. At most 1,000. */
  change(changes: readonly StateChange[]): Promise<void>
  /** Throws the index away and reads it from the records again. */
  rebuild(): Promise<void>
  /**
   * Takes in, until `signal` aborts, what other devices of the person wrote into the record store. What two devices wrote is merged, and the
   * merged value is written when it differs from what came. Resolves when it has ended.
   */
  follow(signal: AbortSignal): Promise<void>
}

export interface StateStoreOptions {
  readonly records: RecordStore
  readonly keys: StateKeys
  readonly clock: Clock
  readonly random: Random
  /** Types whose versions are merged by another rule than `lastWriter`. */
  readonly types?: readonly StateType<unknown>[]
  /** An item changed because of a record that came from elsewhere. */
  readonly onChange?: (change: { readonly type: string; readonly key: string; readonly at: Timestamp }) => void
  /** A record of the person that cannot be read (a newer version wrote it, or it is damaged); it is left as it is. */
  readonly onUnreadable?: (error: unknown) => void
}
