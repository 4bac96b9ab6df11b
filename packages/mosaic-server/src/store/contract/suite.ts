import { parseTimestamp } from "@tessera/mosaic"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { QueryCursor, RecordStore, StoredRecord } from "../port.ts"
import { type Command, commandsArbitrary } from "./commands.ts"
import { examples } from "./examples.ts"
import { expiryExamples } from "./expiry-examples.ts"
import { Oracle, type Seen, seen } from "./oracle.ts"
import type { StorePlace } from "./place.ts"
import { makeRecordPool } from "./record-pool.ts"
import { retractionExamples } from "./retraction-examples.ts"

/** How the suite opens the store that it proves. */
export interface StoreContractOptions {
  /** Where the store of one test lies. */
  readonly place: () => Promise<StorePlace>
  /** The store keeps nothing when it is closed. */
  readonly forgets?: boolean
  /** How many series of commands are tried; 20 when not given. */
  readonly runs?: number
}

/**
 * The contract of a {@link RecordStore} as tests: examples that one can read, and random series of commands of which every answer is compared with
 * that of an oracle. To be called at the top of a test file.
 */
export function recordStoreContract(name: string, { place, forgets = false, runs = 20 }: StoreContractOptions): void {
  describe(`${name}: the contract of record stores`, () => {
    examples(place, forgets)
    retractionExamples(place, forgets)
    expiryExamples(place, forgets)

    test("answers as the oracle does, whatever is asked", async () => {
      const pool = makeRecordPool(160)
      await fc.assert(
        fc.asyncProperty(commandsArbitrary(pool), async (commands) => {
          await using where = await place()
          await runCommands(where, commands, forgets)
        }),
        { numRuns: runs, endOnFailure: false, interruptAfterTimeLimit: 45_000 },
      )
    })
  })
}

async function runCommands(place: StorePlace, commands: readonly Command[], forgets: boolean): Promise<void> {
  let now = parseTimestamp(0n)
  const open = async (): Promise<RecordStore> =>
    await place.open(
      () => now,
      () => 0,
    )
  let store = await open()
  let oracle = new Oracle()
  try {
    for (const command of commands) {
      if (command.do === "put") {
        if (command.batches.some((batch) => batch.length > 0)) now = command.now
        // At the same time: what is asked first must happen first.
        const outcomes = await Promise.all(command.batches.map(async (batch) => await store.put(batch)))
        const faults = command.batches.flatMap((batch, index) => oracle.put(batch, outcomes[index] ?? [], now))
        expect(faults).toEqual([])
      } else if (command.do === "reopen") {
        await store[Symbol.asyncDispose]()
        // What a clock that has gone back while the store was closed shows again is the matter of an example.
        now = parseTimestamp(oracle.over < 0n ? now : oracle.over)
        store = await open()
        if (forgets) oracle = new Oracle()
        oracle.passTo(now)
      } else {
        oracle.passTo(now)
        await compare(store, oracle, command)
      }
    }
    oracle.passTo(now)
    expect(await store.lastSequence()).toBe(oracle.lastSequence)
    expect(await allPages(store, {}, 7)).toEqual(oracle.query({}))
  } finally {
    await store[Symbol.asyncDispose]()
  }
}

async function compare(store: RecordStore, oracle: Oracle, command: Exclude<Command, { do: "put" | "reopen" }>): Promise<void> {
  switch (command.do) {
    case "remove":
      expect(await store.remove(command.ids, { forget: command.forget })).toBe(oracle.remove(command.ids, command.forget))
      break
    case "get":
      expect((await store.get(command.references)).map(seen)).toEqual(oracle.get(command.references))
      break
    case "query":
      expect(await allPages(store, command.filter, command.limit)).toEqual(oracle.query(command.filter))
      expect(await allPages(store, command.filter, command.limit, true)).toEqual(oracle.query(command.filter))
      break
    case "changes": {
      const after = Math.max(0, oracle.lastSequence - command.back)
      const expected = oracle.changes(after)
      expect(await take(store, after, expected.length)).toEqual(expected)
    }
  }
}

/** Reads a query to its end. Only the last page may lack a cursor, and none but an empty answer may be empty, unless it is brief. */
async function allPages(store: RecordStore, filter: Parameters<RecordStore["query"]>[0], limit: number, brief = false): Promise<Seen[]> {
  const all: StoredRecord[] = []
  let cursor: QueryCursor | undefined
  do {
    const page = await store.query(filter, { limit, ...(cursor !== undefined && { cursor }), brief })
    expect(page.records.length).toBeLessThanOrEqual(limit)
    if (!brief && (cursor !== undefined || page.next !== undefined)) expect(page.records.length).toBeGreaterThan(0)
    all.push(...page.records)
    cursor = page.next
  } while (cursor !== undefined)
  return all.map(seen)
}

/** The first changes after a sequence. */
async function take(store: RecordStore, after: number, count: number): Promise<Seen[]> {
  const taken: Seen[] = []
  if (count === 0) return taken
  const ending = new AbortController()
  for await (const stored of store.changes(after, { signal: ending.signal })) {
    taken.push(seen(stored))
    if (taken.length === count) ending.abort()
  }
  return taken
}
