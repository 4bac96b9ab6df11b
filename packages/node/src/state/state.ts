import type { StateChange, StateStore, StateStoreOptions } from "./port.ts"
import { openSealedStateStore } from "./store.ts"
import type { StateType } from "./type.ts"

export { greatest } from "./merge.ts"
export type { StateChange, StateStore, StateStoreOptions } from "./port.ts"
export type { StateKeys } from "./record.ts"
export type { StateType } from "./type.ts"

/** Reads all State records of the person and answers from memory from then on. The keys are used until the caller wipes them. */
export function openStateStore(options: StateStoreOptions): Promise<StateStore> {
  return openSealedStateStore(options)
}

/** A change for `change`. */
export function setting<T>(type: StateType<T>, key: string, value: T): StateChange {
  return { type: type.name, key, value }
}

/** A deletion for `change`. */
export function removing<T>(type: StateType<T>, key: string): StateChange {
  return { type: type.name, key, value: null }
}
