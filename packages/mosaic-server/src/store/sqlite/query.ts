import { setImmediate as nextTurn } from "node:timers/promises"
import { type Filter, compareBytes, matchesFilter } from "@tessera/mosaic"
import { MAX_PAGE_BYTES } from "../bounds.ts"
import { compareNewestFirst, cursorAfter, cursorId } from "../order.ts"
import type { QueryOptions, QueryPage, StoredRecord } from "../port.ts"
import { positionOf, stretchOf } from "../position.ts"
import { Merge } from "./merge.ts"
import type { Reader } from "./reader.ts"
import { chooseWay } from "./way.ts"

/** How many records are looked at before others get their turn, and how many bytes. */
const TURN_RECORDS = 1_000
const TURN_BYTES = 8_388_608

/** Reads one page. Records that the indexes cannot tell apart from what is wanted are looked at and left out. */
export async function readPage(reader: Reader, filter: Filter, { limit, cursor, brief = false }: QueryOptions): Promise<QueryPage> {
  const before = cursor === undefined ? undefined : cursorId(cursor)
  const within = stretchOf({})
  const start = before === undefined ? within : { ...within, newest: positionOf(before) }
  const page = new Page(filter, limit, before)
  let merge: Merge | undefined
  for (;;) {
    const isDone = reader.snapshot(() => {
      merge ??= new Merge(chooseWay(reader, filter, start, limit))
      return fill(page, merge, reader)
    })
    if (isDone || (brief && page.hasBegun)) return page.finish(isDone)
    // What is put meanwhile is newer than what is still to come, or will be found; what is dropped is skipped.
    await nextTurn()
  }
}

/** Goes on for one turn. Tells whether the page is done. */
function fill(page: Page, merge: Merge, reader: Reader): boolean {
  let records = 0
  let bytes = 0
  while (records < TURN_RECORDS && bytes < TURN_BYTES) {
    const group = merge.next()
    if (group === undefined) return true
    const found = Array.from(group, (sequence) => reader.row(sequence)).filter((stored) => stored !== undefined)
    for (const stored of found.sort(compareNewestFirst)) {
      if (!page.offer(stored)) return true
      records += 1
      bytes += stored.record.bytes.length
    }
  }
  return false
}

class Page {
  readonly #filter: Filter
  readonly #limit: number
  readonly #before: Uint8Array | undefined
  readonly #records: StoredRecord[] = []
  #bytes = 0
  #hasMore = false
  #lookedAt: StoredRecord | undefined

  constructor(filter: Filter, limit: number, before: Uint8Array | undefined) {
    this.#filter = filter
    this.#limit = limit
    this.#before = before
  }

  /** Something was looked at: there is a place to go on from. */
  get hasBegun(): boolean {
    return this.#lookedAt !== undefined
  }

  /** Takes a record when it is wanted. `false`: the page is full, and this record belongs to the next. */
  offer(stored: StoredRecord): boolean {
    const { record, received } = stored
    if (this.#before !== undefined && compareBytes(record.id, this.#before) >= 0) return true
    if (!matchesFilter(this.#filter, record, received)) {
      this.#lookedAt = stored
      return true
    }
    if (this.#records.length >= this.#limit || this.#bytes >= MAX_PAGE_BYTES) {
      this.#hasMore = true
      return false
    }
    this.#lookedAt = stored
    this.#records.push(stored)
    this.#bytes += record.bytes.length
    return true
  }

  /** @param isDone all was looked at, or more than fits. */
  finish(isDone: boolean): QueryPage {
    const last = isDone ? this.#records.at(-1) : this.#lookedAt
    return (this.#hasMore || !isDone) && last !== undefined
      ? { records: this.#records, next: cursorAfter(last) }
      : { records: this.#records }
  }
}
