import { type KeptIds, type PublicKey, type RecordId, KEPT, VerifyError, readKept, toHex } from "@tessera/mosaic"
import type { RecordStore } from "../store/port.ts"
import { BoundedMap } from "./bounded-map.ts"

/** Kept records of one author that count, the newest: each lists up to 21,840 records of a removed device. */
export const MAX_KEPT_RECORDS = 16
/** Bytes of lists that are remembered, of all authors together. */
const CAPACITY = 32 * 1024 * 1024
/** What remembering somebody of whom nothing is kept weighs. */
const OVERHEAD = 200

interface Lists extends KeptIds {
  readonly bytes: number
}

/** Knows which records authors have kept of their removed devices, from the store, with a bounded memory. */
export class KeptLists {
  readonly #store: RecordStore
  readonly #remembered = new BoundedMap<Lists>(CAPACITY, ({ bytes }) => bytes + OVERHEAD)
  /** Grows with each Kept record that was stored: what was read before that is not remembered. */
  #generation = 0

  constructor(store: RecordStore) {
    this.#store = store
  }

  async of(author: PublicKey): Promise<KeptIds> {
    const known = this.#remembered.get(toHex(author))
    if (known !== undefined) return known
    const generation = this.#generation
    const lists = await this.#read(author)
    if (generation === this.#generation) this.#remembered.set(toHex(author), lists)
    return lists
  }

  /** Says that the store has taken in a Kept record of theirs. */
  forget(author: PublicKey): void {
    this.#generation += 1
    this.#remembered.delete(toHex(author))
  }

  async #read(author: PublicKey): Promise<Lists> {
    // Only what the master signed can be valid, so that nobody else's records can stand in the way.
    const filter = { kinds: [KEPT], authors: [author], signers: [author] }
    const { records } = await this.#store.query(filter, { limit: MAX_KEPT_RECORDS })
    const lists: KeptIds[] = []
    let bytes = 0
    for (const { record } of records) {
      try {
        lists.push(readKept(record))
        bytes += record.bytes.length
      } catch (error) {
        if (!(error instanceof VerifyError)) throw error
      }
    }
    return { bytes, has: (id: RecordId) => lists.some((list) => list.has(id)) }
  }
}
