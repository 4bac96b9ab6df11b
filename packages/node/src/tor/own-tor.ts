import { mkdir } from "node:fs/promises"
import { networkInterfaces } from "node:os"
import { EventHub } from "../events.ts"
import type { BridgeLine } from "./bridge-line.ts"
import { formatClientSecretKey } from "./client-key.ts"
import { parseWords } from "./control/words.ts"
import { Dialing } from "./dialing.ts"
import { type FindTorOptions, findTor } from "./find-tor.ts"
import type { OnionAddress } from "./onion-address.ts"
import { pause } from "./pause.ts"
import type { DialOptions, DialResult, OnionService, PublishOptions, TorProvider } from "./port.ts"
import { TorProcess } from "./process.ts"
import { Service } from "./service.ts"
import { type HasNetwork, OFF, type TorStatus, statusAfter } from "./status.ts"

export interface TorOptions extends FindTorOptions {
  /** A folder of our own for what tor keeps; it is made when it is not there. */
  readonly folder: string
  readonly bridges?: readonly BridgeLine[]
  /** Programs for the transports of bridges, by name. */
  readonly transports?: ReadonlyMap<string, string>
  /** More lines of configuration, for a private network in tests. */
  readonly extra?: readonly string[]
  /** What tor logs, without addresses, and what goes wrong with it. */
  readonly onLog?: (line: string) => void
  readonly hasNetwork?: HasNetwork
}

/** How long a dial waits for tor to find into its network. */
const CONNECTED_MS = 45_000
/** So many in a row that ended before they were connected are no accident. */
const DOES_NOT_RUN = 3
const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 60_000
/** Somebody may install tor meanwhile. */
const LOOK_AGAIN_MS = 60_000
/** A tor that hangs is noticed within this, and the time that its answer may take. */
const PULSE_MS = 60_000
const CLIENT_KEYS = 10_000

/**
 * Runs a tor of our own: looks for it, starts it, starts it again when it ends, and ends it when this is disposed. Gives the provider at once; how far it
 * got is in its status.
 */
export function startTor(options: TorOptions): TorProvider {
  return new OwnTor(options)
}

class OwnTor implements TorProvider {
  readonly #options: TorOptions
  readonly #stop = new AbortController()
  readonly #statuses = new EventHub<TorStatus>()
  readonly #services = new Map<OnionAddress, Service>()
  readonly #clientKeys = new Map<OnionAddress, Uint8Array>()
  readonly #dialing = new Dialing({ whenConnected: (signal) => this.#whenConnected(signal) })
  readonly #running: Promise<void>
  #bridges: readonly BridgeLine[]
  #status: TorStatus = { ...OFF, phase: "starting" }
  #process: TorProcess | undefined
  #restart = new AbortController()
  /** This life of tor got as far as its network. */
  #wasConnected = false

  constructor(options: TorOptions) {
    this.#options = options
    this.#bridges = options.bridges ?? []
    this.#running = this.#keepRunning()
  }

  get status(): TorStatus {
    return this.#status
  }

  onStatus(listener: (status: TorStatus) => void): () => void {
    return this.#statuses.subscribe(listener)
  }

  publish(options: PublishOptions): OnionService {
    const service = new Service({ ...options, onChange: (changed) => this.#serviceChanged(changed), onLog: (line) => this.#log(line) })
    if (this.#services.has(service.address)) throw new RangeError("key: its service is published already")
    this.#services.set(service.address, service)
    this.#serviceChanged(service)
    return service
  }

  dial(options: DialOptions): Promise<DialResult> {
    return this.#dialing.dial({ ...options, signal: AbortSignal.any([options.signal, this.#stop.signal]) })
  }

  authorize(address: OnionAddress, clientKey: Uint8Array | undefined): void {
    if (clientKey === undefined) this.#clientKeys.delete(address)
    else {
      if (clientKey.length !== 32) throw new RangeError("clientKey must be 32 bytes")
      if (this.#clientKeys.size >= CLIENT_KEYS) throw new RangeError(`clientKey: at most ${CLIENT_KEYS} at a time`)
      this.#clientKeys.set(address, Uint8Array.from(clientKey))
    }
    if (this.#process !== undefined) void this.#tellClientKey(this.#process, address)
  }

  useBridges(bridges: readonly BridgeLine[]): void {
    this.#bridges = [...bridges]
    this.#restart.abort()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error("Tor was stopped"))
    await this.#running
    this.#setStatus(OFF)
  }

  async #keepRunning(): Promise<void> {
    let failures = 0
    while (!this.#stop.signal.aborted) {
      this.#restart = new AbortController()
      const interrupt = AbortSignal.any([this.#stop.signal, this.#restart.signal])
      const found = await findTor(this.#options)
      if (!found.ok) {
        this.#setStatus({ ...OFF, trouble: "no-tor", reason: found.reason })
        await pause(LOOK_AGAIN_MS, interrupt)
        continue
      }
      this.#wasConnected = false
      this.#setStatus({ ...this.#status, phase: "starting", progress: 0 })
      try {
        await this.#run(found.path, interrupt)
      } catch (error) {
        if (!interrupt.aborted) this.#log(faultOf(error))
      }
      if (this.#stop.signal.aborted) break
      failures = interrupt.aborted || this.#wasConnected ? 0 : failures + 1
      const doesNotRun = failures >= DOES_NOT_RUN ? ({ trouble: "does-not-run" } as const) : {}
      this.#setStatus({ phase: "starting", progress: 0, reachable: false, ...doesNotRun })
      await pause(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.max(0, failures - 1)), interrupt)
    }
  }

  /** One life of tor. */
  async #run(program: string, interrupt: AbortSignal): Promise<void> {
    await mkdir(this.#options.folder, { recursive: true, mode: 0o700 })
    await using process = await TorProcess.launch({
      program,
      folder: this.#options.folder,
      bridges: this.#bridges,
      transports: this.#options.transports ?? new Map(),
      extra: this.#options.extra ?? [],
      onEvent: (line) => this.#takeEvent(line),
      onLog: (line) => this.#log(line),
      signal: interrupt,
    })
    this.#process = process
    const pulse = setInterval(() => void process.control.command("GETINFO status/bootstrap-phase").catch(() => undefined), PULSE_MS)
    try {
      for (const address of this.#clientKeys.keys()) void this.#tellClientKey(process, address)
      for (const service of this.#services.values()) this.#tellService(process, service)
      const interrupted = new Promise<void>((resolve) => {
        interrupt.addEventListener("abort", () => resolve(), { once: true })
        if (interrupt.aborted) resolve()
      })
      await Promise.race([process.ended, process.control.closed, interrupted])
    } finally {
      clearInterval(pulse)
      this.#process = undefined
      for (const service of this.#services.values()) service.lost()
    }
  }

  #takeEvent(line: string): void {
    const [name, action, id] = parseWords(line).plain
    if (name === "HS_DESC" && action === "UPLOADED") this.#services.get(`${id}.onion` as OnionAddress)?.uploaded()
    else this.#setStatus(statusAfter(this.#status, line, this.#options.hasNetwork ?? hasNetwork))
  }

  #serviceChanged(service: Service): void {
    if (service.isOver) this.#services.delete(service.address)
    else if (this.#process !== undefined) this.#tellService(this.#process, service)
    this.#setStatus(this.#status)
  }

  /** When tor ends meanwhile, the next one is told. */
  #tellService(process: TorProcess, service: Service): void {
    service.tell(process.control).catch(() => undefined)
  }

  async #tellClientKey(process: TorProcess, address: OnionAddress): Promise<void> {
    const key = this.#clientKeys.get(address)
    const id = address.slice(0, -".onion".length)
    const command = key === undefined ? `ONION_CLIENT_AUTH_REMOVE ${id}` : `ONION_CLIENT_AUTH_ADD ${id} ${formatClientSecretKey(key)}`
    // When tor ends meanwhile, the next one is told.
    const reply = await process.control.command(command).catch(() => undefined)
    if (reply !== undefined && reply.status >= 300) this.#log(`tor does not take the key for a service: status ${reply.status}`)
  }

  async #whenConnected(signal: AbortSignal): Promise<TorProcess | undefined> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(CONNECTED_MS)])
    while (!limit.aborted) {
      if (this.#process !== undefined && this.#status.phase === "connected") return this.#process
      if (this.#status.trouble === "no-tor") return undefined
      await this.#nextStatus(limit)
    }
    signal.throwIfAborted()
    return undefined
  }

  async #nextStatus(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const stop = this.#statuses.subscribe(() => resolve())
    const abort = (): void => resolve()
    signal.addEventListener("abort", abort, { once: true })
    await promise
    signal.removeEventListener("abort", abort)
    stop()
  }

  #setStatus(next: TorStatus): void {
    const services = [...this.#services.values()].filter((service) => !service.isForNobody)
    const reachable =
      next.phase === "connected" && services.length > 0 && next.trouble === undefined && services.every((service) => service.isReachable)
    if (next.phase === "connected") this.#wasConnected = true
    const before = this.#status
    this.#status = { ...next, reachable }
    const isSame =
      before.phase === next.phase &&
      before.progress === next.progress &&
      before.reachable === reachable &&
      before.trouble === next.trouble &&
      before.reason === next.reason
    if (!isSame) this.#statuses.emit(this.#status)
  }

  #log(line: string): void {
    this.#options.onLog?.(line)
  }
}

const hasNetwork: HasNetwork = () =>
  Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ internal }) => !internal) === true)

/** What went wrong, down to its cause. */
function faultOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : `${error.message}: ${faultOf(error.cause)}`
}
