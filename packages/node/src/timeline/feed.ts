import { PROFILE } from "@tessera/mosaic"
import type { RecordStore, Sequence, StoredRecord } from "@tessera/mosaic-server"
import { inBatches } from "../batches.ts"
import { isNote } from "../notes/notes.ts"
import type { Clock, IndexDatabase } from "../ports.ts"
import type { KnownPerson, PeopleIndex } from "../profile/profile.ts"
import type { NoteIndex } from "./note-index.ts"

/** What looks different since the last change. */
export interface IndexChange {
  /** Addresses of notes, each once. */
  readonly notes: readonly Uint8Array[]
  readonly people: readonly KnownPerson[]
}

export interface IndexFeedOptions {
  readonly records: RecordStore
  readonly database: IndexDatabase
  readonly people: PeopleIndex
  readonly notes: NoteIndex
  readonly clock: Clock
  /** The tables are about to be filled from the beginning. */
  readonly onAnew?: () => void
  readonly onChange: (change: IndexChange) => void
  /** The index could not be written; it is tried again. */
  readonly onFailure: (error: unknown) => void
}

/** Keeps the indexes in line with the records, which are the truth: everything passes once, in order; the place is kept with what it made. */
export interface IndexFeed extends AsyncDisposable {
  /**
   * Resolves when everything up to a sequence is in the indexes.
   * @throws when the index cannot be written at present.
   */
  reached(sequence: Sequence): Promise<void>
}

const BATCH = 256
const RETRY_MS = 2_000
/** Raised when the tables change: the index is then made anew. */
const LAYOUT = 1

/** Begins where the index stands, or at the beginning when it does not fit these records. */
export async function startIndexFeed(options: IndexFeedOptions): Promise<IndexFeed> {
  const { records, database, people, notes, clock } = options
  database.exec(
    "CREATE TABLE IF NOT EXISTS index_place (id INTEGER PRIMARY KEY CHECK (id = 0), layout INTEGER NOT NULL, sequence INTEGER NOT NULL)",
  )
  const readPlace = database.prepare<[], { layout: number; sequence: number }>("SELECT layout, sequence FROM index_place")
  const writePlace = database.prepare<[number, number]>("INSERT OR REPLACE INTO index_place (id, layout, sequence) VALUES (0, ?, ?)")
  const place = readPlace.get()
  if (place === undefined || place.layout !== LAYOUT || place.sequence > (await records.lastSequence())) {
    database.transaction(() => {
      people.clear()
      notes.clear()
      options.onAnew?.()
      writePlace.run(LAYOUT, 0)
    })()
  }
  let last = readPlace.get()?.sequence ?? 0
  const stop = new AbortController()
  /** Since the last batch that could be written. */
  let failure: { readonly error: unknown } | undefined
  const waiting = new Map<{ resolve(): void; reject(error: unknown): void }, Sequence>()

  const takeBatch = database.transaction((batch: readonly StoredRecord[]): IndexChange => {
    const changedNotes = new Map<string, Uint8Array>()
    const changedPeople = new Map<string, KnownPerson>()
    for (const { record, received } of batch) {
      if (isNote(record)) {
        for (const address of notes.take(record, received)) changedNotes.set(Buffer.from(address).toString("latin1"), address)
      } else if (record.kind === PROFILE) {
        const person = people.take(record)
        if (person !== undefined) changedPeople.set(Buffer.from(person.person).toString("latin1"), person)
      }
    }
    writePlace.run(LAYOUT, batch.at(-1)?.sequence ?? last)
    return { notes: [...changedNotes.values()], people: [...changedPeople.values()] }
  })
  const run = async (): Promise<void> => {
    for await (const batch of inBatches(records.changes(last, { signal: stop.signal }), BATCH)) {
      const change = takeBatch(batch)
      last = batch.at(-1)?.sequence ?? last
      failure = undefined
      for (const [waiter, sequence] of waiting) {
        if (sequence > last) continue
        waiting.delete(waiter)
        waiter.resolve()
      }
      if (change.notes.length > 0 || change.people.length > 0) options.onChange(change)
    }
  }
  const keepRunning = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      try {
        await run()
      } catch (error) {
        fail(error)
        if (stop.signal.aborted) return
        options.onFailure(error)
        await clock.sleep(RETRY_MS, stop.signal).catch(() => undefined)
      }
    }
  }
  const fail = (error: unknown): void => {
    failure = { error }
    for (const waiter of waiting.keys()) waiter.reject(error)
    waiting.clear()
  }
  const running = keepRunning()
  return {
    reached(sequence) {
      if (sequence <= last) return Promise.resolve()
      // Whoever asks is not kept waiting for the next attempt.
      if (failure !== undefined) return Promise.reject(failure.error)
      return new Promise((resolve, reject) => {
        waiting.set({ resolve, reject }, sequence)
      })
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
      fail(new Error("the index is closed"))
    },
  }
}
