import { setTimeout as delay } from "node:timers/promises"
import { equalBytes, resultName } from "@tessera/mosaic"
import { fail } from "../verdict.ts"
import { readLittleEndian } from "./bytes.ts"
import { formFault } from "./form.ts"
import * as message from "./message.ts"
import { Splitter } from "./splitter.ts"
import { TYPE, typeName } from "./type.ts"
import type { Wire } from "./wire.ts"

/** How long an answer may take, in milliseconds. */
const ANSWER_MS = 10_000
/** How long we listen before we say that nothing comes, in milliseconds. */
const QUIET_MS = 150

/** What a Get or Query brought. */
export interface Answer {
  readonly records: readonly Uint8Array[]
  /** Of Query Closed. */
  readonly result: string
}

/** What a Subscribe brought until Locally Complete. */
export interface Subscribed {
  readonly queryId: number
  readonly stored: readonly Uint8Array[]
}

/**
 * A client that says what a rule wants and looks at every byte of what comes back: whatever a server sends on any connection must have the form of its
 * table. Answers to other questions are kept until they are asked for.
 */
export class Peer implements Disposable {
  readonly wire: Wire
  readonly #splitter = new Splitter()
  #kept: Uint8Array[] = []
  #reading: Promise<IteratorResult<Uint8Array, void>> | undefined
  #ended = false
  #queryId = 0x0101
  readonly #answerMs: number

  /** `answerMs`: how long an answer may take, in milliseconds. */
  constructor(wire: Wire, answerMs: number = ANSWER_MS) {
    this.wire = wire
    this.#answerMs = answerMs
  }

  /** One that has not been used, with two different bytes. */
  newQueryId(): number {
    this.#queryId += 0x0102
    return this.#queryId & 0xffff
  }

  async send(...messages: readonly Uint8Array[]): Promise<void> {
    for (const bytes of messages) await this.wire.send(bytes)
  }

  /** The next message that has not been taken; undefined when the server has closed the connection. */
  async next(): Promise<Uint8Array | undefined> {
    while (this.#kept.length === 0 && !this.#ended) {
      if (!(await this.#read(this.#answerMs))) fail(`no answer within ${this.#answerMs / 1_000} seconds`)
    }
    return this.#kept.shift()
  }

  /** The first message that is what is waited for; what comes besides is kept for later. */
  async take(what: string, is: (bytes: Uint8Array) => boolean): Promise<Uint8Array> {
    for (let at = 0; ; at += 1) {
      while (at >= this.#kept.length) {
        if (this.#ended) fail(`the connection ended instead of ${what}${this.#tail()}`)
        if (!(await this.#read(this.#answerMs))) fail(`no ${what} within ${this.#answerMs / 1_000} seconds${this.#tail()}`)
      }
      const [bytes] = this.#kept.slice(at, at + 1)
      if (bytes === undefined || !is(bytes)) continue
      this.#kept.splice(at, 1)
      return bytes
    }
  }

  takeType(type: number): Promise<Uint8Array> {
    return this.take(typeName(type), (bytes) => bytes[0] === type)
  }

  /** Submits, and gives the name of the result. */
  async submit(record: Uint8Array): Promise<string> {
    await this.send(message.submission(record))
    return this.submissionResult(record)
  }

  /** The result of something submitted. */
  async submissionResult(record: Uint8Array): Promise<string> {
    const prefix = new Uint8Array(32)
    prefix.set(record.subarray(0, 32))
    const result = await this.take("a Submission Result with the id prefix of the submission", (bytes) => {
      return bytes[0] === TYPE.SUBMISSION_RESULT && equalBytes(bytes.subarray(8), prefix)
    })
    return resultName(result[4] ?? 0)
  }

  /** Submits, in this order, and wants each to be accepted. */
  async put(...records: readonly Uint8Array[]): Promise<void> {
    for (const record of records) {
      const result = await this.submit(record)
      if (result !== "ACCEPTED" && result !== "SUCCESS") fail(`a record that should be accepted gets ${result}`)
    }
  }

  async query(filter: Uint8Array, limit = 0): Promise<Answer> {
    const queryId = this.newQueryId()
    await this.send(message.query(queryId, filter, limit))
    return this.answer(queryId)
  }

  async get(...references: readonly Uint8Array[]): Promise<Answer> {
    const queryId = this.newQueryId()
    await this.send(message.get(queryId, references))
    return this.answer(queryId)
  }

  /** Records up to Query Closed. */
  async answer(queryId: number): Promise<Answer> {
    const records: Uint8Array[] = []
    for (;;) {
      const bytes = await this.take("a Record or Query Closed", (each) => isOf(each, queryId))
      if (bytes[0] === TYPE.LOCALLY_COMPLETE) fail("Locally Complete, although nothing was subscribed to")
      if (bytes[0] === TYPE.QUERY_CLOSED) return { records, result: resultName(bytes[6] ?? 0) }
      records.push(bytes.subarray(8))
    }
  }

  async subscribe(filter: Uint8Array, limit = 0, queryId = this.newQueryId()): Promise<Subscribed> {
    await this.send(message.subscribe(queryId, filter, limit))
    const stored: Uint8Array[] = []
    for (;;) {
      const bytes = await this.take("Locally Complete", (each) => isOf(each, queryId))
      if (bytes[0] === TYPE.QUERY_CLOSED) fail(`Query Closed with ${resultName(bytes[6] ?? 0)} instead of Locally Complete`)
      if (bytes[0] === TYPE.LOCALLY_COMPLETE) return { queryId, stored }
      stored.push(bytes.subarray(8))
    }
  }

  /** The next record that comes in for an open query. */
  async live({ queryId }: { readonly queryId: number }): Promise<Uint8Array> {
    const bytes = await this.take("a Record that has come in", (each) => each[0] === TYPE.RECORD && isOf(each, queryId))
    return bytes.subarray(8)
  }

  /** Closes an open query, and gives the name of the result. */
  async unsubscribe({ queryId }: { readonly queryId: number }): Promise<string> {
    await this.send(message.unsubscribe(queryId))
    const closed = await this.take("Query Closed", (each) => each[0] === TYPE.QUERY_CLOSED && isOf(each, queryId))
    return resultName(closed[6] ?? 0)
  }

  /** Waits until everything sent before has been answered: servers may answer in another order, but hardly later than this. */
  async settle(): Promise<void> {
    const queryId = this.newQueryId()
    await this.send(message.get(queryId, [new Uint8Array(48).fill(0x11)]))
    await this.take("Query Closed of a Get", (bytes) => bytes[0] === TYPE.QUERY_CLOSED && isOf(bytes, queryId))
  }

  /** Fails when anything has come, or comes soon, that nobody has taken. */
  async expectNothing(otherwise: string): Promise<void> {
    await this.settle()
    await delay(QUIET_MS)
    await this.settle()
    const [first] = this.#kept
    if (first !== undefined) fail(`${otherwise}: ${describe(first)}`)
  }

  /** Fails when the server says anything within a moment. */
  async expectSilence(otherwise: string): Promise<void> {
    const hasMore = await this.#read(QUIET_MS)
    const [first] = this.#kept
    if (first !== undefined) fail(`${otherwise}: ${describe(first)}`)
    if (hasMore && this.#ended) fail("the server closed the connection")
  }

  /** Fails unless the connection still answers. */
  async expectAlive(): Promise<void> {
    const { records } = await this.get(new Uint8Array(48).fill(0x22))
    if (records.length > 0) fail("a Get of an id that nobody has brought a record")
  }

  /** Waits for the end of the connection, and gives the result of the Closing before it, if there was one. */
  async end(): Promise<string | undefined> {
    for (;;) {
      const bytes = await this.next()
      if (bytes === undefined) return undefined
      if (bytes[0] !== TYPE.CLOSING) continue
      const result = resultName(bytes[1] ?? 0)
      const after = await this.next()
      return after === undefined ? result : fail(`${describe(after)} after Closing`)
    }
  }

  [Symbol.dispose](): void {
    this.wire.close()
  }

  /** Reads one chunk; false when none comes in time. */
  async #read(withinMs: number): Promise<boolean> {
    this.#reading ??= this.wire.incoming.next()
    const cancel = new AbortController()
    const late = delay(withinMs, undefined, { signal: cancel.signal }).catch(() => undefined)
    const read = await Promise.race([this.#reading, late])
    cancel.abort()
    if (read === undefined) return false
    this.#reading = undefined
    if (read.done === true) this.#ended = true
    else for (const bytes of this.#splitter.push(read.value)) this.#keep(bytes)
    return true
  }

  #keep(bytes: Uint8Array): void {
    const fault = formFault(bytes)
    if (fault !== undefined) fail(`the server sent ${fault}`)
    this.#kept.push(bytes)
  }

  #tail(): string {
    const last = this.#kept.at(-1)
    return last === undefined ? "" : `; the last thing that came was ${describe(last)}`
  }
}

/** Such as `QUERY_CLOSED with TOO_OPEN`. */
export function describe(bytes: Uint8Array): string {
  const type = bytes[0] ?? 0
  const at = { [TYPE.QUERY_CLOSED]: 6, [TYPE.SUBMISSION_RESULT]: 4, [TYPE.HELLO_ACK]: 4, [TYPE.CLOSING]: 1, [TYPE.BLOB_RESULT]: 1 }[type]
  return at === undefined ? typeName(type) : `${typeName(type)} with ${resultName(bytes[at] ?? 0)}`
}

function isOf(bytes: Uint8Array, queryId: number): boolean {
  const type = bytes[0] ?? 0
  return (type === TYPE.RECORD || type === TYPE.LOCALLY_COMPLETE || type === TYPE.QUERY_CLOSED) && readLittleEndian(bytes, 4, 6) === queryId
}
