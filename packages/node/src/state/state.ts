import type { StateItem, StateType } from "./type.ts"

export type { MergeRule, StateItem, StateType, StateVersion } from "./type.ts"

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
  /** Throws the index away and reads it from the records again. */
  rebuild(): Promise<void>
}
