import { type MessagePort, parentPort, workerData } from "node:worker_threads"
import type Database from "better-sqlite3-multiple-ciphers"
import { StorageError } from "../port.ts"
import { openWriter, versionOf } from "./database.ts"
import { asStorageError } from "./fault.ts"
import { Ledger } from "./ledger.ts"
import { type Answer, type Fault, type Request, type WriterData, unpackRows } from "./request.ts"
import { SCHEMA_VERSION } from "./schema.ts"
import { WriteAheadLog } from "./write-ahead-log.ts"

/**
 * The writer's thread. Whatever has been asked while a transaction was being made durable goes into the next one together: the more is written,
 * the fewer waits for the disk each record costs.
 */

type Write = Exclude<Request, { ask: "close" }>

const MAX_GROUP_BYTES = 8_388_608

async function start(port: MessagePort): Promise<void> {
  const answer = (...answers: readonly Answer[]): void => port.postMessage(answers)
  const data = workerData as WriterData
  const database = openWriter(data)
  await migrate(database)
  if (data.maxPages !== undefined) database.pragma(`max_page_count = ${data.maxPages}`)
  const ledger = new Ledger(database)
  const log = new WriteAheadLog(database)
  const waiting: Write[] = []
  let isClosing = false
  let isDue = false

  const work = (): void => {
    isDue = false
    if (waiting.length > 0) {
      const group = takeGroup(waiting)
      const answers = commit(ledger, group)
      // The log still holds what was removed; only an answer that comes after this may say that it is gone.
      if (answers.some((given) => given.answer === "removed" && given.dropped > 0)) log.empty()
      else if (answers.some((given) => "dropped" in given && given.dropped > 0)) log.emptySoon()
      answer(...answers)
      schedule()
    } else if (isClosing) {
      database.close()
      port.close()
    }
  }
  const schedule = (): void => {
    if (isDue) return
    isDue = true
    setImmediate(work)
  }

  port.on("message", (request: Request) => {
    if (request.ask === "close") isClosing = true
    else waiting.push(request)
    schedule()
  })
  answer({ answer: "open", expiry: ledger.expiry })
}

/** Brings a file of an older version to the present one. What knows how is loaded only then: it brings the protocol core along. */
async function migrate(database: Database.Database): Promise<void> {
  if (versionOf(database) === SCHEMA_VERSION) return
  try {
    const { migrateToVersion2 } = await import("./migration.ts")
    migrateToVersion2(database)
  } catch (error) {
    database.close()
    throw error
  }
}

/** Takes from the front what fits into one transaction, at least one request. */
function takeGroup(waiting: Write[]): Write[] {
  let bytes = 0
  let count = 0
  for (const request of waiting) {
    bytes += request.ask === "put" ? request.rows.data.length : 0
    if (count > 0 && bytes > MAX_GROUP_BYTES) break
    count += 1
  }
  return waiting.splice(0, count)
}

/** Makes a group durable in one transaction. When that fails, each request is tried alone: one that is too large for the disk spoils no other. */
function commit(ledger: Ledger, group: readonly Write[]): Answer[] {
  try {
    return ledger.transaction(() => group.map((request) => carryOut(ledger, request)))
  } catch (error) {
    const fault = asFault(error)
    if (group.length > 1) return group.flatMap((request) => commit(ledger, [request]))
    return group.map(({ ticket }) => ({ answer: "refused", ticket, fault }))
  }
}

function carryOut(ledger: Ledger, request: Write): Answer {
  const { ticket } = request
  switch (request.ask) {
    case "remove":
      return { answer: "removed", ticket, ...ledger.remove(request.ids, request.forget, request.over) }
    case "sweep":
      return { answer: "swept", ticket, ...ledger.sweep(request.trusted) }
    case "put":
      return { answer: "put", ticket, ...ledger.put(unpackRows(request.rows), request.moment) }
  }
}

/**
 * @throws what is no fault of the storage: a bug, which ends the thread. So does a failed fsync, after which nobody can say what the disk holds:
 * only opening the file again can.
 */
function asFault(error: unknown): Fault {
  const classed = asStorageError(error)
  if (!(classed instanceof StorageError)) throw error
  if (classed.message.includes("SQLITE_IOERR_FSYNC") || classed.message.includes("SQLITE_IOERR_DIR_FSYNC")) throw classed
  return { reason: classed.reason, message: classed.message }
}

if (parentPort === null) throw new TypeError("to be started as a worker thread")
try {
  await start(parentPort)
} catch (error) {
  parentPort.postMessage([{ answer: "notOpen", fault: asFault(error) } satisfies Answer])
  parentPort.close()
}
