import type { Timestamp } from "@tessera/mosaic"

/** One item of personal state, as the person's devices agree on it. */
export interface StateItem<T> {
  readonly key: string
  readonly value: T
  /** When it was set. */
  readonly at: Timestamp
}

/** What two devices wrote about the same item. `null` stands for a deletion. */
export interface StateVersion {
  readonly value: unknown
  readonly at: Timestamp
}

/** Chooses or makes what holds of two versions of an item. Must not depend on the order in which they came, nor on anything else. */
export type MergeRule = (one: StateVersion, other: StateVersion) => StateVersion

/** A kind of personal state: how its values are read and how two devices' versions become one. */
export interface StateType<T> {
  /** 1 to 64 characters, fixed for ever: it is part of the records. */
  readonly name: string
  /** Reads a stored value; `undefined` when a newer version wrote something that this one cannot read (it stays untouched then). */
  readonly read: (value: unknown) => T | undefined
  /** `lastWriter` when left out. */
  readonly merge?: MergeRule
}
