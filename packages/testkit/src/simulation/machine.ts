import type { SimulatedDisk } from "../disk/disk.ts"
import { Incarnation } from "./incarnation.ts"
import type { SeededRandom } from "./random.ts"
import type { Trace } from "./trace.ts"
import type { VirtualTime } from "./virtual-time.ts"

/** `power`: the plug is pulled; peers notice nothing, and only what is durable stays. `process`: the program dies; peers see its connections end, and the disk keeps all. */
export type CrashKind = "power" | "process"

export interface MachineOptions {
  readonly name: string
  /** Addresses at which others reach it. */
  readonly addresses: readonly string[]
  readonly random: SeededRandom
  readonly time: VirtualTime
  readonly trace: Trace
  /** Unix time at the beginning of the simulation, in milliseconds. */
  readonly epoch: number
  /** Milliseconds that the machine's clock is ahead of the true time (negative: behind). */
  readonly skew: number
  readonly makeDisk: (machine: Machine) => SimulatedDisk
  readonly onCrash: (machine: Machine, kind: CrashKind) => void
  readonly onStart: (machine: Machine) => void
}

/** A computer of the simulation: a clock of its own, a disk, and programs that die with it. */
export class Machine {
  readonly name: string
  readonly addresses: readonly string[]
  readonly disk: SimulatedDisk
  readonly #options: MachineOptions
  #skew: number
  #incarnation: Incarnation
  #lives = 0

  constructor(options: MachineOptions) {
    this.name = options.name
    this.addresses = options.addresses
    this.#options = options
    this.#skew = options.skew
    this.#incarnation = this.#live()
    this.disk = options.makeDisk(this)
  }

  /** The first of its addresses. */
  get address(): string {
    return this.addresses[0] ?? "127.0.0.1"
  }

  /** The present life, or the last one. */
  get incarnation(): Incarnation {
    return this.#incarnation
  }

  get isUp(): boolean {
    return this.#incarnation.alive
  }

  /** What its clock shows, in whole milliseconds since the Unix epoch. */
  unixMillis(): number {
    return Math.floor(this.#options.epoch + this.#options.time.now + this.#skew)
  }

  /** The clock is set forward or (negative) back. */
  jumpClock(milliseconds: number): void {
    this.#skew += milliseconds
    this.#options.trace.add(this.name, `clock jumps by ${milliseconds} ms`)
  }

  /**
   * Does something on this machine.
   * @throws {MachineCrashed} when the machine is down, or crashes before it is done.
   */
  do<T>(act: () => Promise<T>): Promise<T> {
    const life = this.#incarnation
    if (!life.alive) return life.crashed
    return Promise.race([life.run(act), life.crashed])
  }

  /** Everything that runs on it dies. Harmless when it is down. */
  crash(kind: CrashKind = "power"): void {
    if (!this.isUp) return
    this.#options.trace.add(this.name, `crash (${kind})`)
    this.#incarnation.end()
    if (kind === "power") this.disk.losePower()
    this.#options.onCrash(this, kind)
  }

  /** Comes up again after a crash, with nothing running. */
  start(): void {
    if (this.isUp) return
    this.#options.trace.add(this.name, "start")
    this.#incarnation = this.#live()
    this.#options.onStart(this)
  }

  #live(): Incarnation {
    this.#lives += 1
    const { name, random, time } = this.#options
    return new Incarnation({ machine: name, random: random.fork(`life ${this.#lives}`), time, clock: () => this.unixMillis() })
  }
}
