import { SimulatedDisk } from "../disk/disk.ts"
import { SimulatedNetwork } from "../network/network.ts"
import { type Context, inContext } from "./context.ts"
import { Machine } from "./machine.ts"
import { SeededRandom } from "./random.ts"
import { type Seed, formatSeed } from "./seed.ts"
import { Trace } from "./trace.ts"
import { installVirtualGlobals } from "./virtual-globals.ts"
import { VirtualTime } from "./virtual-time.ts"

/** The loop of the real world: everything that can run without it has run when it comes round. */
const turn = setImmediate

/** A month of virtual time: a scenario that is not done by then never will be. */
const LONGEST = 31 * 86_400_000

/** A run went wrong; the message says which seed repeats it, and what happened last. */
export class SimulationError extends Error {
  readonly seed: Seed
  readonly trace: readonly string[]
  constructor(seed: Seed, trace: Trace, cause: unknown) {
    const what = cause instanceof Error ? cause.message : String(cause)
    super(
      `${what}\n  SIM_SEED=${formatSeed(seed)} npm test -- tests/scenarios   repeats this run (SIM_TRACE=1 prints all of it). What happened last:\n    ${trace.last.join("\n    ")}`,
      { cause },
    )
    this.name = "SimulationError"
    this.seed = seed
    this.trace = trace.last
    if (cause instanceof Error && cause.stack !== undefined) this.stack = `${this.name}: ${this.message}\n${cause.stack}`
  }
}

/**
 * A small world in one process: machines with disks and clocks of their own, and a network between them. One seed decides everything that happens in it:
 * the same seed, the same run, to the byte. Virtual time stands still while anything can run, then jumps to what is due next.
 */
export class Simulation {
  readonly seed: Seed
  readonly random: SeededRandom
  readonly time = new VirtualTime()
  readonly trace = new Trace(() => this.time.now)
  readonly network: SimulatedNetwork
  /** Unix time at the beginning, in milliseconds: some moment of the years 2026 to 2030. */
  readonly epoch: number
  readonly #machines = new Map<string, Machine>()
  readonly #context: Context
  #stray: { readonly error: unknown } | undefined

  constructor(seed: Seed) {
    this.seed = seed
    this.random = new SeededRandom(seed, "scenario")
    this.epoch = Date.UTC(2026, 0, 1) + new SeededRandom(seed, "epoch").integer(0, 4 * 365 * 86_400_000)
    this.network = new SimulatedNetwork({ time: this.time, random: new SeededRandom(seed, "network"), trace: this.trace })
    this.#context = {
      random: this.random,
      unixMillis: () => Math.floor(this.epoch + this.time.now),
      schedule: (delay, run) => this.time.schedule(delay, () => inContext(this.#context, run)),
    }
  }

  get machines(): readonly Machine[] {
    return [...this.#machines.values()]
  }

  /** A new machine, up and running nothing. @param options.skew milliseconds that its clock is ahead of the true time. */
  machine(name: string, options: { readonly skew?: number } = {}): Machine {
    if (this.#machines.has(name)) throw new RangeError(`name: there is a machine ${name} already`)
    const random = new SeededRandom(this.seed, `machine ${name}`)
    const machine = new Machine({
      name,
      addresses: [`192.168.1.${this.#machines.size + 10}`],
      random,
      time: this.time,
      trace: this.trace,
      epoch: this.epoch,
      skew: options.skew ?? 0,
      makeDisk: (owner) =>
        new SimulatedDisk({
          name,
          random: random.fork("disk"),
          trace: this.trace,
          wait: (milliseconds) => owner.incarnation.wait(milliseconds),
          crash: () => owner.crash("power"),
        }),
      onCrash: (crashed, kind) => this.network.onCrash(crashed, kind),
      onStart: () => this.network.onStart(),
    })
    this.#machines.set(name, machine)
    this.network.attach(machine)
    return machine
  }

  /** Lets virtual time pass. */
  wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => void this.#context.schedule(milliseconds, resolve))
  }

  /**
   * Runs a scenario to its end.
   * @throws {SimulationError} when it fails, or waits for something that cannot happen any more.
   */
  async run<T>(scenario: (simulation: Simulation) => Promise<T>): Promise<T> {
    const undo = installVirtualGlobals()
    const onStray = (error: unknown): void => void (this.#stray ??= { error })
    process.on("unhandledRejection", onStray)
    try {
      return await this.#drive(scenario)
    } catch (error) {
      throw new SimulationError(this.seed, this.trace, error)
    } finally {
      for (const machine of this.#machines.values()) if (machine.isUp) machine.incarnation.end()
      process.off("unhandledRejection", onStray)
      undo()
    }
  }

  async #drive<T>(scenario: (simulation: Simulation) => Promise<T>): Promise<T> {
    let ended: { readonly value: T } | { readonly error: unknown } | undefined
    inContext(this.#context, () => scenario(this)).then(
      (value) => (ended = { value }),
      (error: unknown) => (ended = { error }),
    )
    for (;;) {
      await new Promise<void>((resolve) => void turn(resolve))
      if (this.#stray !== undefined) throw this.#stray.error
      if (ended !== undefined) break
      if (this.time.now > LONGEST) throw new Error("A month of virtual time has passed, and the scenario is not done")
      if (!this.time.fireNext())
        throw new Error("Nothing can happen any more, and the scenario still waits for something (or for work outside of the simulation)")
    }
    if ("error" in ended) throw ended.error
    return ended.value
  }
}
