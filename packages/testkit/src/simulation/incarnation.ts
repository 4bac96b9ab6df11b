import type { SeededRandom } from "./random.ts"
import type { Context } from "./context.ts"
import { inContext } from "./context.ts"
import type { VirtualTime, VirtualTimer } from "./virtual-time.ts"

/** The machine died while something was being done on it. */
export class MachineCrashed extends Error {
  constructor(machine: string) {
    super(`${machine} crashed`)
    this.name = "MachineCrashed"
  }
}

/**
 * One life of a machine, from its start to its crash. What runs in it runs on after the crash like a ghost: it cannot be stopped, but every door to the
 * world is shut; what it waits for never comes.
 */
export class Incarnation implements Context {
  readonly machine: string
  readonly random: SeededRandom
  readonly #time: VirtualTime
  readonly #clock: () => number
  readonly #crashed = Promise.withResolvers<never>()
  #alive = true

  constructor(options: {
    readonly machine: string
    readonly random: SeededRandom
    readonly time: VirtualTime
    readonly clock: () => number
  }) {
    this.machine = options.machine
    this.random = options.random
    this.#time = options.time
    this.#clock = options.clock
    // Most lives end without anybody waiting for it.
    this.#crashed.promise.catch(() => undefined)
  }

  get alive(): boolean {
    return this.#alive
  }

  /** Rejects when the machine crashes. */
  get crashed(): Promise<never> {
    return this.#crashed.promise
  }

  unixMillis(): number {
    return this.#clock()
  }

  schedule(delay: number, run: () => void): VirtualTimer {
    return this.#time.schedule(delay, () => {
      if (this.#alive) inContext(this, run)
    })
  }

  /** Runs something in this life. */
  run<T>(act: () => T): T {
    return inContext(this, act)
  }

  /** Lets time pass; has no end when the machine crashes meanwhile. */
  wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => void this.schedule(milliseconds, resolve))
  }

  /** What a dead machine's callers wait for. */
  never<T>(): Promise<T> {
    return new Promise<T>(() => undefined)
  }

  end(): void {
    this.#alive = false
    this.#crashed.reject(new MachineCrashed(this.machine))
  }
}
