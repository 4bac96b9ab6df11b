import {
  type BlobSubmission,
  type ByteChannel,
  type ClientRequest,
  FrameError,
  type FramePart,
  type HelloAuth,
  type Identify,
  type PublicKey,
  FrameReader,
  RESULT,
  type ResultCode,
  type ServerSession,
  type ServerSessionStep,
  type Timestamp,
  closeServerSession,
  encodeMessage,
  failServerSession,
  isBlobPiece,
  startServerSession,
  stepServerSession,
  toHex,
} from "@tessera/mosaic"
import { BlobGets } from "../handlers/blob-get.ts"
import { BlobIntake } from "../handlers/blob-submission.ts"
import { type HandlerContext, type ServerParts, reply } from "../handlers/context.ts"
import { type Claim, provesClaim } from "../handlers/hello-auth.ts"
import { answerIdentify } from "../handlers/identify.ts"
import { SubmissionLine } from "../handlers/submission.ts"
import { handleUnsubscribe } from "../handlers/unsubscribe.ts"
import type { Policy } from "../policy/policy.ts"
import { SyncSessions } from "../sync/sessions.ts"
import { DhtLine } from "./dht-line.ts"
import { OpenQueries } from "./open-queries.ts"
import { Outbox } from "./outbox.ts"
import { QueryLine } from "./query-line.ts"
import { Rate } from "./rate.ts"
import { type Sleep, inTime } from "./sleep.ts"
import { yieldTurn } from "./turn.ts"
import { type Activity, watch } from "./watch.ts"

/** Content of a blob that counts as a message for those who watch that a peer goes on. */
const BLOB_PROGRESS = 64 * 1024
/** So much of what has come is cut into messages at once, in bytes: small ones take tens of times their length while they wait to be looked at. */
const CUT_BYTES = 8 * 1024

export interface ConnectionOptions {
  readonly channel: ByteChannel
  readonly id: number
  readonly parts: ServerParts
  readonly applications: ReadonlySet<number>
  readonly serverKey: PublicKey
  readonly now: () => Timestamp
  readonly sleep: Sleep
}

/** One peer, from its first byte to its last. */
export class Connection {
  readonly #options: ConnectionOptions
  readonly #context: HandlerContext
  readonly #reader: FrameReader
  readonly #submissions: SubmissionLine
  readonly #queries: QueryLine
  readonly #dht: DhtLine
  readonly #syncs: SyncSessions
  readonly #ended = new AbortController()
  /** Its key becomes known later where it is proved by a message. */
  readonly #peer: { key: PublicKey | undefined; readonly remote: string; readonly id: number }
  #claim: Claim | undefined
  #session: ServerSession
  /** Resolves when the policy has said whether the peer may be here. Never rejects. */
  #welcomed: Promise<void> = Promise.resolve()
  /** Undefined where blobs are not served: they are read then, to be told that they are not recognized. */
  readonly #blobs: { readonly intake: BlobIntake; readonly gets: BlobGets } | undefined
  #messages = 0
  #content = 0
  #reason = "the peer closed it"

  constructor(options: ConnectionOptions) {
    const { channel, id, parts, now, sleep } = options
    const { limits, fanOut, budget } = parts
    const memory = budget.open(() => void this.#drop("it made the server hold too much"))
    const onHeld = (bytes: number): void => memory.add(bytes)
    const outbox = new Outbox(channel, { ...limits, sleep, onHeld, onFailure: (reason) => void this.#abort(reason) })
    this.#options = options
    this.#peer = { key: channel.peerKey, remote: channel.remote, id }
    this.#claim = channel.keyProof?.claim
    this.#context = {
      ...parts,
      peer: this.#peer,
      ended: this.#ended.signal,
      outbox,
      memory,
      queries: new OpenQueries(outbox, fanOut, memory),
    }
    this.#reader = new FrameReader({
      maxFrame: limits.frameBytes,
      maxBlob: parts.blobs === undefined ? limits.frameBytes : Number.MAX_SAFE_INTEGER,
    })
    const submissionRate = new Rate(limits.submissionBurst, limits.submissionsPerSecond, now)
    this.#submissions = new SubmissionLine(this.#context, submissionRate)
    const queryRate = new Rate(limits.queryBurst, limits.queriesPerSecond, now)
    this.#queries = new QueryLine(this.#context, queryRate)
    this.#blobs = parts.blobs && {
      intake: new BlobIntake(this.#context, parts.blobs, submissionRate),
      gets: new BlobGets(this.#context, parts.blobs, queryRate),
    }
    this.#syncs = new SyncSessions(this.#context, queryRate, sleep)
    this.#dht = new DhtLine(this.#context, {
      lookups: new Rate(limits.dhtLookupBurst, limits.dhtLookupsPerSecond, now),
      puts: new Rate(limits.dhtPutBurst, limits.dhtPutsPerSecond, now),
      sleep,
      ended: this.#ended.signal,
    })
    const sessionOptions = { applications: options.applications, provesByMessage: channel.keyProof !== undefined }
    this.#session = startServerSession(sessionOptions, channel.granted)
  }

  /** Bytes that wait to be written. */
  get pendingBytes(): number {
    return this.#context.outbox.pendingBytes
  }

  /** Serves the peer until the connection ends, whoever ends it. Never rejects. */
  async run(): Promise<void> {
    const { peer, onEvent } = this.#context
    onEvent({ type: "connected", peer })
    void this.#watch()
    void this.askWelcome()
    try {
      await this.#read()
      await this.#finish()
    } catch (error) {
      if (!this.#ended.signal.aborted) this.#reason = error instanceof Error ? error.message : "the connection broke"
    } finally {
      await this.#abort(this.#reason)
      await Promise.all([this.#blobs?.intake.close(), this.#blobs?.gets.close()])
      this.#context.budget.close(this.#context.memory)
      onEvent({ type: "disconnected", peer, reason: this.#reason })
    }
  }

  /** Says why (Closing), then closes. Resolves when the connection is closed. */
  async close(code: ResultCode, reason: string): Promise<void> {
    if (this.#ended.signal.aborted) return
    if (!this.#isClosed) this.#reason = reason
    await this.#send(closeServerSession(this.#session, code)).catch(() => {})
    await this.#hangUp()
  }

  /** Asks the policy whether the peer may be here, and tells it with Closing when it may not. What it says meanwhile waits. */
  askWelcome(): Promise<void> {
    const { policy } = this.#context
    if (policy.welcome !== undefined) this.#welcomed = this.#welcome(policy.welcome.bind(policy))
    return this.#welcomed
  }

  /** Ends the subscriptions of somebody who is among the removed (hexadecimal keys) to what is not for everybody: `UNAUTHORIZED`. */
  async endPrivate(removed: ReadonlySet<string>): Promise<void> {
    const { peer, queries, directory, onEvent } = this.#context
    try {
      if (peer.key === undefined || !removed.has(toHex(await directory.masterOf(peer.key)))) return
      for (const queryId of queries.closePrivate())
        await reply(this.#context, { type: "queryClosed", queryId, result: RESULT.UNAUTHORIZED })
    } catch (error) {
      if (!this.#ended.signal.aborted) onEvent({ type: "failed", doing: "ending a former member's subscriptions", error })
    }
  }

  async #welcome(welcome: NonNullable<Policy["welcome"]>): Promise<void> {
    const { peer, directory, onEvent } = this.#context
    try {
      const verdict = await welcome(peer, directory)
      if (verdict.ok || this.#ended.signal.aborted || this.#isClosed) return
      onEvent({ type: "refused", peer, code: verdict.code, reason: verdict.reason })
      void this.close(verdict.code, verdict.reason)
    } catch (error) {
      onEvent({ type: "failed", doing: "asking whether a peer may be here", error })
      void this.close(RESULT.TEMPORARY_ERROR, "asking whether it may be here failed")
    }
  }

  async #watch(): Promise<void> {
    const reason = await watch(this.#activity(), this.#context.limits, this.#options.sleep, this.#ended.signal)
    if (reason !== undefined) await this.close(RESULT.TEMPORARY_ERROR, reason)
  }

  async #read(): Promise<void> {
    for await (const chunk of this.#options.channel.incoming) {
      // What still comes after Closing is read and thrown away: bytes left unread would make the system reset the connection, and Closing be lost.
      for (const part of this.#portions(chunk)) {
        for (const frame of this.#isClosed ? [] : this.#cut(part)) {
          if (frame instanceof FrameError) {
            await this.#send(failServerSession(this.#session, frame))
            this.#reason = frame.message
          } else await this.#take(frame)
          if (!this.#isClosed) continue
          void this.#hangUp()
          break
        }
      }
    }
  }

  /** The content of a blob is not made smaller than it came. */
  *#portions(chunk: Uint8Array): Generator<Uint8Array, void, void> {
    for (let rest = chunk; rest.length > 0;) {
      const part = rest.subarray(0, this.#reader.missingContent > 0 ? this.#reader.missingContent : CUT_BYTES)
      yield part
      rest = rest.subarray(part.length)
    }
  }

  get #isClosed(): boolean {
    return this.#session.phase === "closed"
  }

  async #hangUp(): Promise<void> {
    await this.#flush()
    await this.#abort(this.#reason)
  }

  #cut(chunk: Uint8Array): readonly (FramePart | FrameError)[] {
    const before = this.#reader.pendingLength
    try {
      return this.#reader.push(chunk)
    } catch (error) {
      if (error instanceof FrameError) return [...error.frames, error]
      throw error
    } finally {
      this.#context.memory.add(this.#reader.pendingLength - before)
    }
  }

  async #take(frame: FramePart): Promise<void> {
    await this.#welcomed
    // However little a message asks: tens of thousands come at once, and those of others come between.
    await yieldTurn(this.#peer, this.#ended.signal)
    if (this.#isClosed || this.#ended.signal.aborted) return
    if (isBlobPiece(frame)) {
      this.#content += frame.bytes.length
      if (frame.isLast || this.#content >= BLOB_PROGRESS) this.#messages += 1
      this.#content %= BLOB_PROGRESS
      return this.#blobs?.intake.take(frame)
    }
    this.#messages += 1
    const step = stepServerSession(this.#session, frame)
    await this.#send(step)
    if (step.state.phase === "closed") this.#reason = "the peer did not say Hello as it must"
    if (step.output.request !== undefined) await this.#handle(step.output.request, frame.bytes.length)
  }

  async #send(step: ServerSessionStep): Promise<void> {
    this.#session = step.state
    for (const message of step.output.send) await this.#context.outbox.send(encodeMessage(message))
  }

  async #handle(request: ClientRequest, length: number): Promise<void> {
    switch (request.type) {
      case "submission":
        return this.#submissions.take(request)
      case "unsubscribe":
        return handleUnsubscribe(request, this.#context)
      case "get":
      case "query":
      case "subscribe":
        return this.#queries.take(request, length, this.#submissions.settled())
      case "identify":
        return this.#identify(request)
      case "helloAuth":
        return this.#authenticate(request)
      case "syncInit":
        return this.#syncs.begin(request, length, this.#submissions.settled())
      case "syncClientData":
        return this.#syncs.goOn(request)
      case "syncClose":
        return this.#syncs.end(request)
      case "blobGet":
        return this.#blobs?.gets.take(request, this.#blobs.intake.settled()) ?? this.#unrecognized()
      case "blobSubmission":
        return this.#blobs === undefined ? this.#unrecognized() : this.#beginBlob(request, this.#blobs.intake)
      case "dhtLookup":
      case "dhtPut":
        return this.#dht.take(request)
    }
  }

  #unrecognized(): Promise<void> {
    return this.#context.outbox.send(encodeMessage({ type: "unrecognized" }))
  }

  async #beginBlob(request: BlobSubmission, intake: BlobIntake): Promise<void> {
    const refusal = await intake.begin(request)
    if (refusal === undefined || this.#isClosed) return
    this.#reason = refusal.reason
    await this.#send(closeServerSession(this.#session, refusal.code))
  }

  async #identify(request: Identify): Promise<void> {
    const { keyProof } = this.#options.channel
    const answer = keyProof === undefined ? undefined : answerIdentify(request, keyProof, this.#options.serverKey)
    if (answer === undefined) {
      await this.close(RESULT.INVALID, "it named a key that is none")
      return
    }
    this.#claim = answer.claim
    await reply(this.#context, answer.identity)
  }

  /** A nonce is good for one proof, right or wrong. */
  async #authenticate(request: HelloAuth): Promise<void> {
    const claim = this.#claim
    this.#claim = undefined
    if (!provesClaim(request, claim, this.#options.serverKey) || this.#session.phase !== "open") {
      await this.close(RESULT.UNAUTHORIZED, "it did not prove its key")
      return
    }
    this.#peer.key = claim.key
    await this.askWelcome()
    if (this.#session.phase !== "open") return
    const { version, applications } = this.#session
    await reply(this.#context, { type: "helloAck", result: RESULT.SUCCESS, version, applications })
  }

  /** The peer has said all: what it asked for is still answered, for as long as it reads. */
  async #finish(): Promise<void> {
    if (!this.#isClosed) await inTime(this.#settled(), this.#context.limits.writeMs, this.#options.sleep)
    await this.#flush()
  }

  async #settled(): Promise<void> {
    await this.#submissions.settled()
    await this.#queries.settled()
    await this.#dht.settled()
    await this.#syncs.settled()
    await this.#blobs?.intake.settled()
    await this.#blobs?.gets.settled()
  }

  async #flush(): Promise<void> {
    await inTime(this.#context.outbox.flushed(), this.#context.limits.writeMs, this.#options.sleep)
  }

  async #abort(reason: string): Promise<void> {
    if (!this.#ended.signal.aborted) this.#reason = reason
    this.#ended.abort()
    this.#context.queries.closeAll()
    this.#context.outbox.close()
    await this.#options.channel.close().catch(() => {})
  }

  /** Closes at once what waits for a peer who may not be reading: Closing goes past it, if the transport still takes it. */
  async #drop(reason: string): Promise<void> {
    if (!this.#isClosed) this.#reason = reason
    this.#context.outbox.close()
    const step = closeServerSession(this.#session, RESULT.TEMPORARY_ERROR)
    // What still comes is not looked at any more.
    this.#session = step.state
    for (const message of step.output.send) this.#options.channel.write(encodeMessage(message)).catch(() => {})
    await this.#abort(reason)
  }

  #activity(): Activity {
    return {
      isGreeted: () => this.#session.phase !== "greeting",
      messages: () => this.#messages,
      hasHalfMessage: () => this.#reader.pendingLength > 0 || this.#reader.missingContent > 0,
      isBusy: () =>
        this.#context.queries.size > 0 ||
        !this.#submissions.isEmpty ||
        !this.#dht.isEmpty ||
        this.pendingBytes > 0 ||
        this.#blobs?.intake.isBusy === true ||
        this.#blobs?.gets.isBusy === true,
    }
  }
}
