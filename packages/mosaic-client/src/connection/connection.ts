import {
  type BootstrapSelector,
  type BlobHash,
  type BlobPiece,
  type BlobResult,
  type ByteChannel,
  type PublicKey,
  type SignedBootstrap,
  type ClientMessage,
  type ClientSession,
  type ClientSessionStep,
  type Filter,
  FrameReader,
  MAX_RECORD_LENGTH,
  RESULT,
  type Reference,
  type ResultCode,
  type ServerAnswer,
  type SyncServerData,
  type VerifiedRecord,
  claimedIdPrefix,
  encodeMessage,
  equalBytes,
  isBlobPiece,
  matchesFilter,
  openBlobHasher,
  startClientSession,
  stepClientSession,
  toHex,
  verifyRecord,
} from "@tessera/mosaic"
import { BlobMismatchError, ConnectionClosedError, QueryRefusedError, RequestTimeoutError, SlowConsumerError } from "../errors.ts"
import { type ClientLimits, DEFAULT_CLIENT_LIMITS } from "../limits.ts"
import { type Answer, Answers } from "./answers.ts"
import { APPLICATIONS } from "./applications.ts"
import { BlobDownloads, type Download } from "./blob-downloads.ts"
import { sendBlob } from "./send-blob.ts"
import type {
  BlobOptions,
  ConnectOptions,
  ConnectionEnd,
  Misbehaviour,
  MosaicConnection,
  OutgoingBlob,
  QueryOptions,
  RequestOptions,
  SubscriptionItem,
  SyncTalk,
} from "./mosaic-connection.ts"
import { type BootstrapAnswer, BootstrapRequests } from "./bootstrap-requests.ts"
import { type ClientQuery, QueryTable } from "./query-table.ts"
import { type Sleep, realSleep, withDeadline } from "./sleep.ts"
import { Submissions } from "./submissions.ts"
import { yieldTurn } from "./turn.ts"

const HEADER_LENGTH = 8
/** Content that nobody wants and that is thrown away as it comes, in bytes; with more of it the connection is ended. */
const SKIPPED_BYTES = 64 * 1024 * 1024

/**
 * Says Hello on a channel and makes a connection of it. The channel belongs to the connection from then on, also when this fails.
 *
 * @throws {ConnectionClosedError} when the server closes instead, or does not answer in time.
 */
export async function connect(channel: ByteChannel, options: ConnectOptions = {}): Promise<MosaicConnection> {
  const connection = new Connection(channel, options)
  try {
    await connection.greet(options.signal)
  } catch (error) {
    await connection[Symbol.asyncDispose]()
    throw error
  }
  return connection
}

class Connection implements MosaicConnection {
  readonly closed: Promise<ConnectionEnd>
  readonly #channel: ByteChannel
  readonly #limits: ClientLimits
  readonly #sleep: Sleep
  readonly #onMisbehaviour: (what: string, fault: Misbehaviour) => void
  readonly #reader = new FrameReader({ maxFrame: HEADER_LENGTH + MAX_RECORD_LENGTH, maxBlob: Number.MAX_SAFE_INTEGER })
  readonly #queries = new QueryTable()
  readonly #submissions = new Submissions()
  readonly #bootstraps: BootstrapRequests
  readonly #blobSubmissions = new Submissions()
  readonly #downloads = new BlobDownloads()
  /** Settles when the blob that is being sent has gone: nothing may come between. Never rejects. */
  #uploading: Promise<void> | undefined
  /** Pieces of blobs that have come: while they do, the answers behind them may be late. */
  #pieces = 0
  readonly #open = Promise.withResolvers<void>()
  readonly #reading: Promise<void>
  readonly #end = Promise.withResolvers<ConnectionEnd>()
  #session: ClientSession
  #failure: ConnectionClosedError | undefined

  constructor(channel: ByteChannel, options: ConnectOptions) {
    this.#channel = channel
    this.#limits = { ...DEFAULT_CLIENT_LIMITS, ...options.limits }
    this.#sleep = options.sleep ?? realSleep
    this.#onMisbehaviour = options.onMisbehaviour ?? (() => {})
    this.#bootstraps = new BootstrapRequests({ send: (message) => this.#send(message), sleep: this.#sleep, ms: this.#limits.requestMs })
    this.closed = this.#end.promise
    this.#open.promise.catch(() => {})
    const start = startClientSession({ applications: options.applications ?? APPLICATIONS }, channel.granted)
    this.#session = start.state
    if (start.state.phase === "open") this.#open.resolve()
    void this.#apply(start)
    this.#reading = this.#read()
  }

  get applications(): readonly number[] {
    return this.#session.phase === "open" ? this.#session.applications : []
  }

  async greet(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted()
    const aborted = Promise.withResolvers<never>()
    const abort = (): void => aborted.reject(signal?.reason)
    signal?.addEventListener("abort", abort, { once: true })
    try {
      const late = (): Error => new ConnectionClosedError("the server did not answer Hello in time")
      await withDeadline(Promise.race([this.#open.promise, aborted.promise]), this.#limits.helloMs, this.#sleep, late)
    } finally {
      signal?.removeEventListener("abort", abort)
    }
  }

  async *get(references: readonly Reference[], { signal }: RequestOptions = {}): AsyncGenerator<VerifiedRecord, void, void> {
    const asked = new Set(references.map(toHex))
    const accepts = ({ id, address }: VerifiedRecord): boolean => asked.has(toHex(id)) || asked.has(toHex(address))
    yield* this.#stored((queryId) => ({ type: "get", queryId, references }), accepts, signal)
  }

  async *query(filter: Filter, { limit = 0, signal }: QueryOptions = {}): AsyncGenerator<VerifiedRecord, void, void> {
    yield* this.#stored((queryId) => ({ type: "query", queryId, limit, filter }), matching(filter, limit), signal)
  }

  async *subscribe(filter: Filter, { limit = 0, signal }: QueryOptions = {}): AsyncGenerator<SubscriptionItem, void, void> {
    for await (const answer of this.#ask((queryId) => ({ type: "subscribe", queryId, limit, filter }), matching(filter, 0), signal)) {
      if ("record" in answer || "complete" in answer) yield answer
      if (!("closed" in answer)) continue
      if (answer.closed === RESULT.SUCCESS) return
      else throw new QueryRefusedError(answer.closed)
    }
  }

  async submit(record: VerifiedRecord, { signal }: RequestOptions = {}): Promise<{ readonly code: ResultCode }> {
    signal?.throwIfAborted()
    await this.#submissions.room(this.#limits.submissionsInFlight)
    signal?.throwIfAborted()
    this.#requireOpen()
    const aborted = Promise.withResolvers<never>()
    const abort = (): void => aborted.reject(signal?.reason)
    signal?.addEventListener("abort", abort, { once: true })
    try {
      const result = this.#submissions.expect(claimedIdPrefix(record.bytes))
      // Whoever has given up on it still has its result come in, in its place.
      result.catch(() => {})
      await this.#send({ type: "submission", record: record.bytes })
      return { code: await this.#inTime(Promise.race([result, aborted.promise])) }
    } finally {
      signal?.removeEventListener("abort", abort)
    }
  }

  async *getBlob(hash: BlobHash, { maxBytes = this.#limits.blobBytes, signal }: BlobOptions = {}): AsyncGenerator<Uint8Array, void, void> {
    signal?.throwIfAborted()
    const hasher = await openBlobHasher()
    await this.#downloads.room()
    signal?.throwIfAborted()
    this.#requireOpen()
    const download = this.#downloads.expect(hash, maxBytes)
    const abort = (): void => download.inlet.fail(signal?.reason)
    signal?.addEventListener("abort", abort, { once: true })
    let isWhole = false
    try {
      await this.#send({ type: "blobGet", hash })
      let held: Uint8Array | undefined
      while (!isWhole) {
        const piece = await this.#inTime(download.inlet.take())
        isWhole = piece === undefined
        if (piece === undefined) break
        hasher.update(piece)
        if (held !== undefined) yield held
        held = piece
      }
      if (!equalBytes(hasher.digest(), hash)) {
        this.#onMisbehaviour("a blob that does not have its hash", "forged")
        throw new BlobMismatchError("the server gave a blob that does not have its hash")
      }
      if (held !== undefined && held.length > 0) yield held
    } finally {
      signal?.removeEventListener("abort", abort)
      if (!isWhole) this.#giveUpBlob(download)
    }
  }

  async submitBlob(blob: OutgoingBlob, { signal }: RequestOptions = {}): Promise<{ readonly code: ResultCode }> {
    signal?.throwIfAborted()
    while (this.#uploading !== undefined) await this.#uploading
    signal?.throwIfAborted()
    this.#requireOpen()
    const gone = Promise.withResolvers<void>()
    this.#uploading = gone.promise
    const result = this.#blobSubmissions.expect(blob.hash)
    const aborted = Promise.withResolvers<never>()
    aborted.promise.catch(() => {})
    const abort = (): void => aborted.reject(signal?.reason)
    signal?.addEventListener("abort", abort, { once: true })
    try {
      const early = await sendBlob(blob, {
        result,
        aborted: aborted.promise,
        skippedBytes: SKIPPED_BYTES,
        write: (bytes, milliseconds) => this.#write(bytes, this.#limits.writeMs + milliseconds),
        giveUp: () => void this.#close(new ConnectionClosedError("a blob was not sent to its end")),
      })
      this.#uploading = undefined
      gone.resolve()
      return { code: early ?? (await this.#inTime(Promise.race([result, aborted.promise]))) }
    } finally {
      signal?.removeEventListener("abort", abort)
      if (this.#uploading === gone.promise) this.#uploading = undefined
      gone.resolve()
    }
  }

  async openSync(filter: Filter, data: Uint8Array, { signal }: RequestOptions = {}): Promise<SyncTalk> {
    let query: ClientQuery | undefined
    const begin = (queryId: number): ClientMessage => {
      query = this.#queries.get(queryId)
      if (query !== undefined) query.isAwaiting = true
      return { type: "syncInit", queryId, filter, data }
    }
    const answers = this.#ask(begin, () => false, signal)
    const take = async (): Promise<Uint8Array> => {
      for (;;) {
        const { done, value } = await answers.next()
        if (done === true) throw this.#failure ?? new ConnectionClosedError("the reconciliation has ended")
        if ("data" in value) return value.data
        if (!("closed" in value)) continue
        await answers.return()
        throw new QueryRefusedError(value.closed)
      }
    }
    const ask = async (next: Uint8Array): Promise<Uint8Array> => {
      signal?.throwIfAborted()
      if (query === undefined) throw new ConnectionClosedError("the reconciliation has ended")
      query.isAwaiting = true
      await this.#send({ type: "syncClientData", queryId: query.queryId, data: next })
      return take()
    }
    return { answer: await take(), ask, [Symbol.asyncDispose]: async () => void (await answers.return()) }
  }

  lookupBootstrap(selector: BootstrapSelector, key: PublicKey, { signal }: RequestOptions = {}): Promise<BootstrapAnswer> {
    return this.#bootstraps.lookup(selector, key, signal)
  }

  putBootstrap(signed: SignedBootstrap, { signal }: RequestOptions = {}): Promise<{ readonly code: ResultCode }> {
    return this.#bootstraps.put(signed, signal)
  }

  async ping({ signal }: RequestOptions = {}): Promise<void> {
    // Any answer will do: servers may not like a Get without references.
    for await (const answer of this.#ask(
      (queryId) => ({ type: "get", queryId, references: [] }),
      () => false,
      signal,
    )) {
      if ("closed" in answer) return
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close(new ConnectionClosedError("the connection was ended here"))
    await this.#reading
  }

  async *#stored(
    message: (queryId: number) => ClientMessage,
    accepts: ClientQuery["accepts"],
    signal: AbortSignal | undefined,
  ): AsyncGenerator<VerifiedRecord, void, void> {
    for await (const answer of this.#ask(message, accepts, signal)) {
      if ("record" in answer) yield answer.record
      if (!("closed" in answer)) continue
      if (answer.closed === RESULT.SUCCESS || answer.closed === RESULT.NOT_FOUND) return
      throw new QueryRefusedError(answer.closed)
    }
  }

  /** Sends a query and gives what it brings, up to and with the code that closes it. Left early, it is unsubscribed. */
  async *#ask(
    message: (queryId: number) => ClientMessage,
    accepts: ClientQuery["accepts"],
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Answer, void, void> {
    signal?.throwIfAborted()
    this.#requireOpen()
    const answers = new Answers(this.#limits.queuedRecords, this.#limits.queuedBytes)
    const query = this.#queries.open(answers, accepts)
    const abort = (): void => answers.fail(signal?.reason)
    signal?.addEventListener("abort", abort, { once: true })
    let isClosed = false
    let isComplete = false
    try {
      await this.#send(message(query.queryId))
      while (!isClosed) {
        const answer: Answer = answers.takeNow() ?? (await (isComplete ? answers.take() : this.#inTime(answers.take())))
        isComplete ||= "complete" in answer
        isClosed = "closed" in answer
        yield answer
      }
    } finally {
      signal?.removeEventListener("abort", abort)
      if (!isClosed) this.#giveUp(query)
    }
  }

  /** What the server answers, if it does in time. While a blob comes in, what stands behind it cannot. */
  async #inTime<Value>(work: Promise<Value>): Promise<Value> {
    const late = new RequestTimeoutError("the server did not answer a request in time")
    work.catch(() => {})
    for (;;) {
      const before = this.#pieces
      try {
        return await withDeadline(work, this.#limits.requestMs, this.#sleep, () => late)
      } catch (error) {
        if (error !== late || this.#pieces === before) throw error
      }
    }
  }

  #giveUpBlob(download: Download): void {
    const isComing = this.#downloads.current === download
    download.isGivenUp = true
    download.inlet.fail(new ConnectionClosedError("the blob was left"))
    if (isComing) this.#requireSkippable(this.#reader.missingContent)
  }

  /** Ends the connection when so many bytes come that nobody wants. */
  #requireSkippable(length: number): void {
    if (length > SKIPPED_BYTES) void this.#close(new ConnectionClosedError("the rest of a blob that nobody wants is too long"))
  }

  #giveUp(query: ClientQuery): void {
    query.answers.fail(new ConnectionClosedError("the query was left"))
    if (this.#failure !== undefined || this.#queries.get(query.queryId) !== query) return
    query.isGivenUp = true
    // The end of a reconciliation is not answered. An answer that is outstanding may still come, or not: the id is not used again until it has.
    if (query.isAwaiting === false) this.#queries.delete(query.queryId)
    const type = query.isAwaiting === undefined ? "unsubscribe" : "syncClose"
    // A failure to send ends the connection, which is told to all who still wait.
    this.#send({ type, queryId: query.queryId }).catch(() => {})
  }

  async #read(): Promise<void> {
    try {
      for await (const chunk of this.#channel.incoming) {
        for (const frame of this.#failure === undefined ? this.#reader.push(chunk) : []) {
          if (isBlobPiece(frame)) {
            await this.#takeContent(frame)
            continue
          }
          const step = stepClientSession(this.#session, frame)
          await this.#apply(step)
          if (step.output.answer !== undefined) await this.#dispatch(step.output.answer)
        }
      }
      await this.#close(new ConnectionClosedError("the server closed the connection"))
    } catch (error) {
      await this.#close(new ConnectionClosedError(`the connection broke: ${error instanceof Error ? error.message : "unknown"}`))
    }
  }

  async #apply(step: ClientSessionStep): Promise<void> {
    const wasOpen = this.#session.phase === "open"
    this.#session = step.state
    if (step.output.ignored !== undefined) this.#onMisbehaviour(step.output.ignored, "protocol")
    // While a blob is going out nothing else can, and reading must go on.
    if (this.#uploading === undefined) for (const message of step.output.send) await this.#send(message).catch(() => {})
    if (step.state.phase === "open" && !wasOpen) this.#open.resolve()
    // Not awaited: what closes is the loop that is running this.
    if (step.state.phase === "closed") void this.#close(new ConnectionClosedError(step.state.reason, step.state.result))
  }

  async #dispatch(answer: ServerAnswer): Promise<void> {
    switch (answer.type) {
      case "record":
        return this.#receive(answer.queryId, answer.record)
      case "locallyComplete":
        return this.#bring(answer.queryId, { complete: true })
      case "queryClosed":
        await this.#bring(answer.queryId, { closed: answer.result })
        this.#queries.delete(answer.queryId)
        return
      case "syncServerData":
        return this.#receiveSync(answer)
      case "syncError":
        if (this.#queries.get(answer.queryId)?.isAwaiting === undefined)
          return this.#onMisbehaviour("the end of a reconciliation that nobody began", "notAskedFor")
        await this.#bring(answer.queryId, { closed: answer.result })
        this.#queries.delete(answer.queryId)
        return
      case "submissionResult":
        if (!this.#submissions.settle(answer.idPrefix, answer.result))
          this.#onMisbehaviour("a result of a submission that nobody made", "protocol")
        return
      case "unrecognized":
        // A server without blobs says no more than that.
        if (!this.#bootstraps.unrecognized() && !this.#downloads.unrecognized() && !this.#blobSubmissions.unrecognized())
          this.#onMisbehaviour("the server did not recognize a message", "protocol")
        return
      case "dhtResponse":
      case "dhtPutResult": {
        const fault = this.#bootstraps.settle(answer)
        if (fault === "forged") this.#onMisbehaviour("a bootstrap that does not hold", fault)
        if (fault === "notAskedFor") this.#onMisbehaviour(`a ${answer.type} that nobody asked for`, fault)
        return
      }
      case "blobResult":
        return this.#beginBlob(answer)
      case "blobSubmissionResult":
        if (!this.#blobSubmissions.settle(answer.hash, answer.result))
          this.#onMisbehaviour("a result of a blob that nobody submitted", "protocol")
    }
  }

  async #receiveSync({ queryId, data }: SyncServerData): Promise<void> {
    const query = this.#queries.get(queryId)
    if (query?.isAwaiting !== true) return this.#onMisbehaviour("a message of a reconciliation that nobody asked for", "notAskedFor")
    query.isAwaiting = false
    if (query.isGivenUp) this.#queries.delete(queryId)
    else await this.#bring(queryId, { data })
  }

  async #receive(queryId: number, bytes: Uint8Array): Promise<void> {
    const query = this.#queries.get(queryId)
    if (query === undefined) this.#onMisbehaviour("a record that nobody asked for", "notAskedFor")
    if (query === undefined || query.isGivenUp) return
    await yieldTurn()
    const record = verified(bytes)
    if (typeof record === "string") this.#onMisbehaviour(`a record that does not hold: ${record}`, "forged")
    else if (!query.accepts(record)) this.#onMisbehaviour("a record that was not asked for", "notAskedFor")
    else await this.#bring(queryId, { record })
  }

  async #bring(queryId: number, answer: Answer): Promise<void> {
    const query = this.#queries.get(queryId)
    if (query === undefined || query.isGivenUp || query.answers.bring(answer)) return
    await this.#roomIn(query.answers)
  }

  /** Waits until what has come is taken; what is not is given up, so that others can go on. */
  async #roomIn(queue: Pick<Answers, "room" | "fail">): Promise<void> {
    const late = (): Error => new SlowConsumerError("what came was not taken in time")
    try {
      await withDeadline(queue.room(), this.#limits.stallMs, this.#sleep, late)
    } catch (error) {
      queue.fail(error)
    }
  }

  #beginBlob(answer: BlobResult): void {
    if (!this.#downloads.begin(answer)) this.#onMisbehaviour("a blob that nobody asked for", "notAskedFor")
    if (this.#downloads.current === undefined) this.#requireSkippable(answer.length)
  }

  async #takeContent({ bytes, isLast }: BlobPiece): Promise<void> {
    this.#pieces += 1
    const { current } = this.#downloads
    if (isLast) {
      current?.inlet.bring(bytes)
      this.#downloads.end()
    } else if (current !== undefined && !current.isGivenUp && !current.inlet.bring(bytes)) await this.#roomIn(current.inlet)
  }

  /** @throws {ConnectionClosedError} when it cannot be sent: the connection is closed then. */
  async #send(message: ClientMessage): Promise<void> {
    while (this.#uploading !== undefined) await this.#uploading
    await this.#write(encodeMessage(message), this.#limits.writeMs)
  }

  async #write(bytes: Uint8Array, milliseconds: number): Promise<void> {
    this.#requireOpen()
    const late = (): Error => new ConnectionClosedError("the server does not read")
    try {
      await withDeadline(this.#channel.write(bytes), milliseconds, this.#sleep, late)
    } catch (error) {
      const failure = error instanceof ConnectionClosedError ? error : new ConnectionClosedError("the connection broke")
      void this.#close(failure)
      throw this.#failure ?? failure
    }
  }

  #requireOpen(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  async #close(failure: ConnectionClosedError): Promise<void> {
    if (this.#failure === undefined) {
      this.#failure = failure
      this.#open.reject(failure)
      this.#queries.fail(failure)
      this.#submissions.fail(failure)
      this.#bootstraps.fail(failure)
      this.#blobSubmissions.fail(failure)
      this.#downloads.fail(failure)
      const { message: reason, code } = failure
      this.#end.resolve(code === undefined ? { reason } : { reason, code })
    }
    await this.#channel.close().catch(() => {})
  }
}

function verified(bytes: Uint8Array): VerifiedRecord | string {
  try {
    return verifyRecord(bytes)
  } catch (error) {
    return error instanceof Error ? error.message : "unknown"
  }
}

/** When a server received a record only the server knows: that part of a filter cannot be checked. At most `limit` records, unless it is 0. */
function matching(filter: Filter, limit: number): ClientQuery["accepts"] {
  const { receivedSince: _since, receivedUntil: _until, ...rest } = filter
  let left = limit === 0 ? Infinity : limit
  return (record) => {
    if (left === 0 || !matchesFilter(rest, record, record.timestamp)) return false
    left -= 1
    return true
  }
}
