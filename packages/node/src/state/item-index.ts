import type { RecordId, Timestamp } from "@tessera/mosaic"
import type { SealedItem } from "./record.ts"

/** An item, and of the newest record about it the id and date. */
export interface IndexedItem extends SealedItem {
  readonly id: RecordId
  readonly timestamp: Timestamp
}

/** Items by type and key. Deletions are kept, so that what is older does not come back. */
export class ItemIndex {
  readonly #types = new Map<string, Map<string, IndexedItem>>()

  get(type: string, key: string): IndexedItem | undefined {
    return this.#types.get(type)?.get(key)
  }

  /** By key, in the order of UTF-16 code units. */
  list(type: string): readonly IndexedItem[] {
    return [...(this.#types.get(type)?.values() ?? [])].toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  }

  put(item: IndexedItem): void {
    const items = this.#types.get(item.type) ?? new Map<string, IndexedItem>()
    items.set(item.key, item)
    this.#types.set(item.type, items)
  }

  /** Takes over what another index holds. */
  replaceWith(other: ItemIndex): void {
    this.#types.clear()
    for (const [type, items] of other.#types) this.#types.set(type, items)
  }
}
