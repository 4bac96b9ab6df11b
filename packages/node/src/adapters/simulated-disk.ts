import type { FileSystem } from "./file-system.ts"

/** The power went. */
export class PowerLoss extends Error {
  override readonly name = "PowerLoss"
}

interface Inode {
  /** What programs read. */
  bytes: Uint8Array
  /** What is surely on the medium. */
  durable: Uint8Array
}

/**
 * For tests: a disk that loses power in the middle of a step, and of which, as of a real one, anything not yet synced may be there, in part, or not at all.
 */
export class SimulatedDisk implements FileSystem {
  /** The step (0, 1, 2, …) in the middle of which the power goes. */
  powerLossAt = Number.POSITIVE_INFINITY
  /** An error that every step from `failAt` on meets, instead of being done. */
  failure: Error | undefined
  failAt = 0
  steps = 0
  readonly #names = new Map<string, Inode>()
  readonly #durableNames = new Map<string, Inode>()

  async read(path: string, limit: number): Promise<Uint8Array | undefined> {
    const bytes = this.#names.get(path)?.bytes
    if (bytes !== undefined && bytes.length > limit) throw new RangeError("too long")
    return bytes?.slice()
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    const inode: Inode = { bytes: new Uint8Array(0), durable: new Uint8Array(0) }
    this.#step(
      () => (inode.bytes = bytes.slice(0, bytes.length / 2)),
      () => (inode.bytes = bytes.slice()),
      () => this.#names.set(path, inode),
    )
  }

  async syncFile(path: string): Promise<void> {
    const inode = this.#get(path)
    this.#step(
      () => (inode.durable = inode.bytes.slice(0, inode.bytes.length / 3)),
      () => (inode.durable = inode.bytes),
    )
  }

  async rename(from: string, to: string): Promise<void> {
    const inode = this.#get(from)
    this.#step(
      () => undefined,
      () => {
        this.#names.delete(from)
        this.#names.set(to, inode)
      },
    )
  }

  async syncFolder(): Promise<void> {
    this.#step(
      () => undefined,
      () => {
        this.#durableNames.clear()
        for (const [name, inode] of this.#names) this.#durableNames.set(name, inode)
      },
    )
  }

  async remove(path: string): Promise<void> {
    this.#step(
      () => undefined,
      () => this.#names.delete(path),
    )
  }

  /** Every state in which the disk may come up again: names as synced or as last seen, contents as synced, torn, or as last seen. */
  *afterPowerLoss(): Generator<SimulatedDisk> {
    for (const names of [this.#durableNames, this.#names]) {
      for (const contents of [(i: Inode) => i.durable, (i: Inode) => i.bytes, torn]) {
        const disk = new SimulatedDisk()
        for (const [name, inode] of names) {
          const bytes = contents(inode)
          disk.#names.set(name, { bytes, durable: bytes })
          disk.#durableNames.set(name, { bytes, durable: bytes })
        }
        yield disk
      }
    }
  }

  /** Everything that a search of the medium could find. */
  *allBytes(): Generator<Uint8Array> {
    for (const inode of [...this.#names.values(), ...this.#durableNames.values()]) yield* [inode.bytes, inode.durable]
  }

  #get(path: string): Inode {
    const inode = this.#names.get(path)
    if (inode === undefined) throw Object.assign(new Error(path), { code: "ENOENT" })
    return inode
  }

  #step(half: () => unknown, whole: () => unknown, before: () => unknown = () => undefined): void {
    const step = this.steps++
    if (this.failure !== undefined && step >= this.failAt) throw this.failure
    if (step > this.powerLossAt) throw new PowerLoss()
    before()
    if (step === this.powerLossAt) {
      half()
      throw new PowerLoss()
    }
    whole()
  }
}

function torn({ bytes, durable }: Inode): Uint8Array {
  if (bytes === durable) return bytes
  const mixed = new Uint8Array(bytes.length)
  mixed.set(bytes.subarray(0, bytes.length / 2))
  return mixed
}
