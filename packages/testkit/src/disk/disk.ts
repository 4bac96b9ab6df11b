import type { SeededRandom } from "../simulation/random.ts"
import type { Trace } from "../simulation/trace.ts"
import { DiskFullError, NoSuchFileError } from "./errors.ts"
import { SimulatedFile } from "./file.ts"

/** What the disk is asked to do; each is a step at which its machine may crash. */
export type DiskStep = "write" | "append" | "truncate" | "sync" | "rename" | "remove" | "sync directory"

export interface DiskOptions {
  readonly name: string
  readonly random: SeededRandom
  readonly trace: Trace
  /** Lets `milliseconds` pass; never comes back when the machine crashes meanwhile. */
  readonly wait: (milliseconds: number) => Promise<void>
  /** Called when the step comes at which the machine was to crash. */
  readonly crash: () => void
}

/**
 * The disk of one machine, as a disk treats those who trust it too much: what was written is durable only after `sync`, a name only after `syncDirectory`;
 * a loss of power keeps any beginning of the rest, or nothing.
 */
export class SimulatedDisk {
  /** Bytes that fit; may change at any time, and does not take back what is there. */
  capacity = Number.POSITIVE_INFINITY
  readonly #options: DiskOptions
  #names = new Map<string, SimulatedFile>()
  #durableNames = new Map<string, SimulatedFile>()
  #steps = 0
  #crashAt: number | undefined
  #crashBefore = false

  constructor(options: DiskOptions) {
    this.#options = options
  }

  /** How many steps were asked for since the disk was made. */
  get steps(): number {
    return this.#steps
  }

  /** Whether these letters stand in any file. */
  holds(text: string): boolean {
    return [...this.#names.values()].some((file) => Buffer.from(file.content).includes(text))
  }

  /** Bytes in use. */
  get used(): number {
    let used = 0
    for (const file of this.#names.values()) used += file.content.length
    return used
  }

  /** Has the machine crash at a step to come (1: the next): `before` it does anything, or after it did and before anybody learns of it. */
  crashAtStep(step: number, when: "before" | "after"): void {
    this.#crashAt = this.#steps + step
    this.#crashBefore = when === "before"
  }

  /** Forgets a planned crash. */
  crashAtNoStep(): void {
    this.#crashAt = undefined
  }

  /** The content of a file; `undefined` when there is none of this name. */
  async read(name: string): Promise<Uint8Array | undefined> {
    await this.#options.wait(0.05)
    return this.#names.get(name)?.content.slice()
  }

  /** Makes a file of this content, or replaces the content. @throws {DiskFullError} when it does not fit; a part may be written then. */
  async write(name: string, bytes: Uint8Array): Promise<void> {
    await this.#step("write", name, () => {
      const file = new SimulatedFile()
      this.#names.set(name, file)
      this.#fill(file, bytes)
    })
  }

  /** Adds to the end of a file, which comes to be if it is not there. @throws {DiskFullError} when it does not fit; a part may be written then. */
  async append(name: string, bytes: Uint8Array): Promise<void> {
    await this.#step("append", name, () => {
      const file = this.#names.get(name) ?? new SimulatedFile()
      this.#names.set(name, file)
      this.#fill(file, bytes)
    })
  }

  async truncate(name: string, length: number): Promise<void> {
    await this.#step("truncate", name, () => this.#file(name).truncate(length))
  }

  /** Makes the content of a file durable. */
  async sync(name: string): Promise<void> {
    await this.#step("sync", name, () => this.#file(name).sync())
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#step("rename", `${from} -> ${to}`, () => {
      this.#names.set(to, this.#file(from))
      this.#names.delete(from)
    })
  }

  /** Removes a file, if there is one. */
  async remove(name: string): Promise<void> {
    await this.#step("remove", name, () => void this.#names.delete(name))
  }

  /** Makes durable which names there are. */
  async syncDirectory(): Promise<void> {
    await this.#step("sync directory", "", () => void (this.#durableNames = new Map(this.#names)))
  }

  /** The disk is broken, and an empty one put in its place. */
  replace(): void {
    this.#names = new Map()
    this.#durableNames = new Map()
  }

  /** What a loss of power leaves. */
  losePower(): void {
    const { random } = this.#options
    // A directory is journalled: either all of what was not made durable is there, or none.
    const names = random.chance(0.5) ? this.#names : this.#durableNames
    for (const file of new Set(names.values())) file.losePower(random)
    this.#names = new Map(names)
    this.#durableNames = new Map(names)
  }

  async #step(step: DiskStep, name: string, act: () => void): Promise<void> {
    this.#steps += 1
    const crashes = this.#steps === this.#crashAt
    this.#options.trace.add(this.#options.name, `disk ${this.#steps}: ${step} ${name}`)
    if (crashes && this.#crashBefore) await this.#crash()
    const isSync = step.startsWith("sync")
    await this.#options.wait(isSync ? 0.5 + this.#options.random.exponential(2) : 0.05)
    act()
    if (crashes) await this.#crash()
  }

  async #crash(): Promise<void> {
    this.#crashAt = undefined
    this.#options.crash()
    // Whoever asked is dead: this wait has no end.
    await this.#options.wait(0)
  }

  #fill(file: SimulatedFile, bytes: Uint8Array): void {
    const room = Math.max(0, this.capacity - this.used)
    if (bytes.length <= room) return file.append(bytes)
    file.append(bytes.subarray(0, this.#options.random.integer(0, Math.floor(room))))
    throw new DiskFullError(this.#options.name)
  }

  #file(name: string): SimulatedFile {
    const file = this.#names.get(name)
    if (file === undefined) throw new NoSuchFileError(name)
    return file
  }
}
