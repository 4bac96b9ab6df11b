import { Worker } from "node:worker_threads"
import { StorageError } from "../port.ts"
import type { Answer, Expiry, Request, WriterData } from "./request.ts"
import { storageError } from "./fault.ts"

type Write = Exclude<Request, { ask: "close" }>
/** A request before it has its ticket. */
type Asked = { readonly [K in Write["ask"]]: Omit<Extract<Write, { ask: K }>, "ticket"> }[Write["ask"]]
type Done = Extract<Answer, { answer: "put" | "removed" | "swept" }>

interface Asking {
  readonly bytes: number
  readonly make: () => Asked
  readonly resolve: (answer: Done) => void
  readonly reject: (error: unknown) => void
}

/** What is told of the writer's doings. */
export interface WriterHooks {
  /** After each commit, before those who wait for it: how many records are gone. */
  readonly onCommit: (dropped: number) => void
  /** Nothing can be written any more. */
  readonly onDeath: () => void
}

/** What may be under way to the writer at once, in bytes. Callers beyond wait, in their order, with what they have. */
const MAX_UNDER_WAY = 16_777_216
/** What a request takes apart from its bytes. */
const OVERHEAD = 512

/** The other end of the writer's thread: hands requests over, in order, no more at once than it can bear. */
export class WriterLink implements AsyncDisposable {
  readonly #worker: Worker
  readonly #hooks: WriterHooks
  readonly #ended: Promise<void>
  readonly #queue: Asking[] = []
  readonly #pending = new Map<number, Asking>()
  #underWay = 0
  #lastTicket = 0
  #failure: StorageError | undefined
  #closing: "no" | "asked" | "told" = "no"

  /** As it was when the file was opened. */
  readonly expiry: Expiry

  private constructor(worker: Worker, expiry: Expiry, hooks: WriterHooks) {
    this.#worker = worker
    this.expiry = expiry
    this.#hooks = hooks
    this.#ended = new Promise((resolve) => {
      worker.once("exit", (code) => {
        this.#die(`it ended with code ${code}`)
        resolve()
      })
    })
    worker.on("message", (answers: readonly Answer[]) => {
      for (const answer of answers) this.#settle(answer)
    })
    worker.on("error", (error) => this.#die(String(error), error))
    // An idle store does not keep a program from ending.
    worker.unref()
  }

  /**
   * Starts the thread and waits until it has the file open.
   *
   * @throws {StorageError} when the file does not open.
   */
  static async open(data: WriterData, url: URL, hooks: WriterHooks): Promise<WriterLink> {
    const worker = new Worker(url, { workerData: data, name: "records" })
    const first = await firstAnswer(worker)
    if (first?.answer === "notOpen") throw new StorageError(first.fault.reason, first.fault.message)
    return new WriterLink(worker, first?.answer === "open" ? first.expiry : { trusted: -1n, next: undefined }, hooks)
  }

  /** Why nothing can be written any more, once it is so. */
  get failure(): StorageError | undefined {
    return this.#failure
  }

  /**
   * Hands a request over and waits for its commit.
   *
   * @param bytes how much memory the request takes.
   * @param make makes the request when its turn has come, so that what waits costs no second copy.
   * @throws {StorageError} when it was not carried out.
   */
  async ask(bytes: number, make: () => Asked): Promise<Done> {
    if (this.#failure !== undefined) throw this.#failure
    return await new Promise<Done>((resolve, reject) => {
      this.#queue.push({ bytes: bytes + OVERHEAD, make, resolve, reject })
      this.#pump()
    })
  }

  /** Waits until everything asked for is done, and the file is closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closing === "no") this.#closing = "asked"
    this.#pump()
    await this.#ended
  }

  #pump(): void {
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      if (this.#underWay > 0 && this.#underWay + next.bytes > MAX_UNDER_WAY) break
      this.#queue.shift()
      this.#send(next)
    }
    if (this.#closing === "asked" && this.#queue.length === 0) {
      this.#closing = "told"
      this.#worker.postMessage({ ask: "close" } satisfies Request)
    }
    // While something is to be written, the program must not end.
    if (this.#pending.size > 0 || this.#closing === "told") this.#worker.ref()
    else this.#worker.unref()
  }

  #send(asking: Asking): void {
    try {
      const ticket = this.#lastTicket + 1
      const request: Write = { ...asking.make(), ticket }
      this.#worker.postMessage(
        request,
        request.ask === "put" ? [request.rows.data.buffer, request.rows.shape.buffer, request.rows.expires.buffer] : [],
      )
      this.#lastTicket = ticket
      this.#underWay += asking.bytes
      this.#pending.set(ticket, asking)
    } catch (error) {
      asking.reject(error)
    }
  }

  #settle(answer: Answer): void {
    if (answer.answer === "open" || answer.answer === "notOpen") return
    const asking = this.#pending.get(answer.ticket)
    if (asking === undefined) return
    this.#pending.delete(answer.ticket)
    this.#underWay -= asking.bytes
    if (answer.answer === "refused") {
      asking.reject(new StorageError(answer.fault.reason, answer.fault.message))
    } else {
      this.#hooks.onCommit(answer.dropped)
      asking.resolve(answer)
    }
    this.#pump()
  }

  #die(how: string, cause?: unknown): void {
    if (this.#failure !== undefined) return
    this.#failure = new StorageError("failed", `The writer's thread is gone: ${how}.`, { cause })
    const lost = [...this.#pending.values(), ...this.#queue]
    this.#pending.clear()
    this.#queue.length = 0
    this.#underWay = 0
    for (const { reject } of lost) reject(this.#failure)
    if (this.#closing !== "told") this.#hooks.onDeath()
  }
}

async function firstAnswer(worker: Worker): Promise<Answer | undefined> {
  const listening = new AbortController()
  try {
    const answers = await new Promise<readonly Answer[]>((resolve, reject) => {
      const onError = (error: unknown): void => reject(storageError("failed", `the writer's thread did not start: ${String(error)}`))
      const onExit = (): void => reject(storageError("failed", "the writer's thread ended at once"))
      worker.once("message", resolve).once("error", onError).once("exit", onExit)
      listening.signal.addEventListener("abort", () => worker.off("error", onError).off("exit", onExit))
    })
    return answers[0]
  } finally {
    listening.abort()
  }
}
