import { type ByteChannel, type PublicKey, equalBytes, publicKeyOf } from "@tessera/mosaic"
import { type DialOptions, type Listening, type ListenOptions, PortInUseError } from "@tessera/node"
import type { Incarnation } from "../simulation/incarnation.ts"
import type { CrashKind, Machine } from "../simulation/machine.ts"
import type { SeededRandom } from "../simulation/random.ts"
import type { Trace } from "../simulation/trace.ts"
import type { VirtualTime } from "../simulation/virtual-time.ts"
import { Connection } from "./connection.ts"
import { ConnectionError } from "./errors.ts"
import { FAIR_WEATHER, type Weather } from "./link.ts"

/** Whatever takes connections: a Mosaic server, or somebody who only looks like one. */
export interface Answering {
  /** Never rejects: a run in which it does has failed. */
  serve(channel: ByteChannel): Promise<void>
}

/** What a simulated machine may listen with: a Mosaic server, or anything that answers. */
export type SimulatedListenOptions = Omit<ListenOptions, "server"> & { readonly server: Answering }

interface Listener {
  readonly life: Incarnation
  readonly host: string
  readonly port: number
  readonly key: PublicKey
  readonly options: SimulatedListenOptions
}

const CONNECT_TIMEOUT = 20_000
const LOOPBACK = /^(127\.|::1$|localhost$)/
const ANY = new Set(["0.0.0.0", "::", ""])

/** Machines and the wires between them. */
export class SimulatedNetwork {
  /** May be changed at any time; connections keep what they were made with. */
  weather: Weather = FAIR_WEATHER
  readonly #time: VirtualTime
  readonly #random: SeededRandom
  readonly #trace: Trace
  readonly #machines = new Map<string, Machine>()
  #listeners: readonly Listener[] = []
  readonly #closedGates = new Set<string>()
  #connections: Connection[] = []
  #count = 0

  constructor(options: { readonly time: VirtualTime; readonly random: SeededRandom; readonly trace: Trace }) {
    this.#time = options.time
    this.#random = options.random
    this.#trace = options.trace
  }

  attach(machine: Machine): void {
    this.#machines.set(machine.name, machine)
  }

  /** How many connections are open, of one machine or of all. */
  openConnections(machine?: Machine): number {
    return this.#living().filter((connection) => machine === undefined || connection.isOf(machine.name)).length
  }

  /** Nothing passes between the two any more, and nobody is told: connections between them are half-open until somebody gives up. */
  partition(one: Machine, other: Machine): void {
    this.#trace.add("network", `partition ${one.name} | ${other.name}`)
    this.#closedGates.add(`${one.name}>${other.name}`).add(`${other.name}>${one.name}`)
  }

  /** Only what `from` sends is lost; what it is sent arrives. */
  mute(from: Machine, to: Machine): void {
    this.#trace.add("network", `mute ${from.name} > ${to.name}`)
    this.#closedGates.add(`${from.name}>${to.name}`)
  }

  /** Everything passes again; what was held back comes late, where nobody gave up. */
  heal(): void {
    this.#trace.add("network", "heal")
    this.#closedGates.clear()
    for (const connection of this.#living()) connection.resume()
  }

  /** Breaks the connections of a machine, or all. */
  cut(machine?: Machine): void {
    for (const connection of this.#living()) if (machine === undefined || connection.isOf(machine.name)) connection.break("ECONNRESET")
  }

  onCrash(machine: Machine, kind: CrashKind): void {
    this.#listeners = this.#listeners.filter((listener) => listener.life.alive)
    // The system of a program that dies tells its peers; a machine without power tells nobody.
    if (kind === "process") this.cut(machine)
  }

  onStart(): void {
    for (const connection of this.#connections) connection.resume()
  }

  /** @throws {PortInUseError} as the real one does. */
  async listen(machine: Machine, options: SimulatedListenOptions): Promise<Listening> {
    const life = machine.incarnation
    await life.wait(0.1)
    options.signal.throwIfAborted()
    const mine = this.#listeners.filter((listener) => listener.life === life)
    const port = options.port === 0 ? this.#freePort(mine) : options.port
    if (mine.some((listener) => listener.port === port)) throw new PortInUseError(port)
    const listener: Listener = { life, host: options.host, port, key: publicKeyOf(options.secretKey), options }
    this.#listeners = [...this.#listeners, listener]
    this.#trace.add(machine.name, `listens on port ${port}`)
    const stop = (): void => void (this.#listeners = this.#listeners.filter((other) => other !== listener))
    options.signal.addEventListener("abort", stop, { once: true })
    const address = ANY.has(options.host) ? machine.address : options.host
    return { port, url: `mosaictcp://${address}:${port}`, close: async () => stop() }
  }

  /** @throws {ConnectionError} when nobody answers; an error that says so when another key than the pinned one does. */
  async dial(machine: Machine, options: DialOptions): Promise<ByteChannel> {
    const life = machine.incarnation
    if (!life.alive) return life.never()
    options.signal.throwIfAborted()
    const where = `${options.host}:${options.port}`
    const attempt = this.#connect(machine, life, options, where)
    let give: (() => void) | undefined
    const aborted = new Promise<never>((_, reject) => {
      give = () => reject(options.signal.reason as Error)
      options.signal.addEventListener("abort", give, { once: true })
    })
    try {
      return await Promise.race([attempt, aborted])
    } catch (error) {
      // Somebody may still answer one who has given up.
      void attempt.then((channel) => channel.close()).catch(() => undefined)
      throw error
    } finally {
      if (give !== undefined) options.signal.removeEventListener("abort", give)
    }
  }

  async #connect(machine: Machine, life: Incarnation, options: DialOptions, where: string): Promise<ByteChannel> {
    const loopback = LOOPBACK.test(options.host)
    const target = loopback ? machine : [...this.#machines.values()].find((other) => other.addresses.includes(options.host))
    const passes = (): boolean => target !== undefined && this.#passes(machine.name, target.name) && this.#passes(target.name, machine.name)
    if (target === undefined || !passes()) {
      await life.wait(CONNECT_TIMEOUT)
      throw new ConnectionError("ETIMEDOUT", `connect ${where}`)
    }
    // TCP and TLS 1.3: two round trips before anything of ours passes.
    await life.wait(4 * this.weather.latency + this.#random.fraction() * this.weather.jitter)
    if (!passes()) {
      await life.wait(CONNECT_TIMEOUT)
      throw new ConnectionError("ETIMEDOUT", `connect ${where}`)
    }
    const listener = this.#listeners.find(
      (one) => one.life === target.incarnation && one.port === options.port && (loopback || !LOOPBACK.test(one.host)),
    )
    const from = loopback ? "127.0.0.1" : machine.address
    if (listener === undefined) throw new ConnectionError("ECONNREFUSED", `connect ${where}`)
    if (listener.options.allowRemote?.(from) === false) throw new ConnectionError("ECONNRESET", `${where} does not take ${from}`)
    if (!equalBytes(listener.key, options.serverKey)) throw new Error(`${where} answers with another key than the pinned one`)
    return this.#open(life, listener, {
      from: `${from}:${this.#random.integer(32_768, 60_999)}`,
      where,
      clientKey: options.clientKey && publicKeyOf(options.clientKey),
    })
  }

  #open(
    life: Incarnation,
    listener: Listener,
    ends: { readonly from: string; readonly where: string; readonly clientKey: PublicKey | undefined },
  ): ByteChannel {
    this.#count += 1
    const connection = new Connection({
      number: this.#count,
      time: this.#time,
      random: this.#random.fork(`connection ${this.#count}`),
      weather: this.weather,
      passes: (one, other) => this.#passes(one, other),
      note: (who, what, bytes) => this.#trace.add(who, what, bytes),
      client: { owner: life, address: ends.from, key: ends.clientKey },
      server: { owner: listener.life, address: ends.where, key: listener.key },
    })
    this.#connections = [...this.#living(), connection]
    this.#trace.add(life.machine, `connection ${this.#count} to ${listener.life.machine} (${ends.where})`)
    if (this.weather.cutEvery !== undefined) this.#cutSometime(connection, this.weather.cutEvery)
    listener.life.run(() => void listener.options.server.serve(connection.server))
    return connection.client
  }

  #cutSometime(connection: Connection, mean: number): void {
    this.#time.schedule(this.#random.exponential(mean), () => {
      if (connection.open) connection.break("ECONNRESET")
    })
  }

  #living(): readonly Connection[] {
    return this.#connections.filter((connection) => connection.open)
  }

  #passes(from: string, to: string): boolean {
    return this.#machines.get(to)?.isUp === true && !this.#closedGates.has(`${from}>${to}`)
  }

  #freePort(listeners: readonly Listener[]): number {
    for (;;) {
      const port = this.#random.integer(20_000, 60_000)
      if (!listeners.some((listener) => listener.port === port)) return port
    }
  }
}
