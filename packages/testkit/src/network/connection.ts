import type { PublicKey } from "@tessera/mosaic"
import type { Incarnation } from "../simulation/incarnation.ts"
import type { SeededRandom } from "../simulation/random.ts"
import type { VirtualTime, VirtualTimer } from "../simulation/virtual-time.ts"
import { Endpoint, type Segment } from "./endpoint.ts"
import { ConnectionError } from "./errors.ts"
import { type Weather, cutIntoChunks } from "./link.ts"

export interface ConnectionOptions {
  readonly number: number
  readonly time: VirtualTime
  readonly random: SeededRandom
  readonly weather: Weather
  /** Whether bytes pass from one machine to the other just now. */
  readonly passes: (from: string, to: string) => boolean
  readonly note: (who: string, what: string, bytes?: Uint8Array) => void
  readonly client: Side
  readonly server: Side
}

/** Who stands at an end, and how the other end sees it. */
export interface Side {
  readonly owner: Incarnation
  readonly address: string
  readonly key: PublicKey | undefined
}

/** Bytes on their way in one direction. */
interface Direction {
  readonly from: Endpoint
  readonly to: () => Endpoint
  /** Oldest first. */
  readonly queue: Segment[]
  /** How many of them came to a closed gate. */
  stalled: number
  lastArrival: number
  giveUp: VirtualTimer | undefined
}

/** A connection between two machines, as TCP keeps it: in order, unharmed, until it breaks. */
export class Connection {
  readonly client: Endpoint
  readonly server: Endpoint
  readonly #options: ConnectionOptions
  readonly #directions: readonly [Direction, Direction]

  constructor(options: ConnectionOptions) {
    this.#options = options
    const end = (owner: Side, peer: Side, mine: 0 | 1): Endpoint =>
      new Endpoint({
        owner: owner.owner,
        peerKey: peer.key,
        remote: peer.address,
        send: (segment) => this.#send(this.#directions[mine], segment),
        onRead: (bytes) => this.#directions[mine === 0 ? 1 : 0].from.giveRoom(bytes),
      })
    this.client = end(options.client, options.server, 0)
    this.server = end(options.server, options.client, 1)
    const direction = (from: Endpoint, to: () => Endpoint): Direction => ({
      from,
      to,
      queue: [],
      stalled: 0,
      lastArrival: 0,
      giveUp: undefined,
    })
    this.#directions = [direction(this.client, () => this.server), direction(this.server, () => this.client)]
  }

  get open(): boolean {
    return (this.client.open && this.client.owner.alive) || (this.server.open && this.server.owner.alive)
  }

  isOf(machine: string): boolean {
    return this.client.owner.machine === machine || this.server.owner.machine === machine
  }

  /** Breaks the connection; what was under way is lost. */
  break(code: "ECONNRESET" | "ETIMEDOUT", sides: readonly Endpoint[] = [this.client, this.server]): void {
    this.#options.note("network", `connection ${this.#options.number} breaks (${code})`)
    for (const { giveUp, queue } of this.#directions) {
      giveUp?.cancel()
      queue.length = 0
    }
    for (const side of sides) side.break(new ConnectionError(code, "the connection was lost"))
  }

  /** Lets through what was held back. */
  resume(): void {
    for (const direction of this.#directions) {
      if (direction.stalled === 0 || !this.#passes(direction)) continue
      direction.giveUp?.cancel()
      direction.giveUp = undefined
      const { stalled } = direction
      direction.stalled = 0
      for (let count = 0; count < stalled; count += 1) this.#scheduleArrival(direction)
    }
  }

  #send(direction: Direction, segment: Segment): void {
    direction.queue.push(segment)
    this.#scheduleArrival(direction)
  }

  #scheduleArrival(direction: Direction): void {
    const { time, random, weather } = this.#options
    const due = time.now + weather.latency + random.fraction() * weather.jitter
    direction.lastArrival = Math.max(due, direction.lastArrival)
    time.schedule(direction.lastArrival - time.now, () => this.#arrive(direction))
  }

  /** The oldest that is under way arrives, whichever it is: so nothing is overtaken. */
  #arrive(direction: Direction): void {
    const { number, random, weather, note, time } = this.#options
    if (direction.queue.length === 0) return
    if (!this.#passes(direction)) {
      direction.stalled += 1
      direction.giveUp ??= time.schedule(weather.giveUpAfter, () => this.break("ETIMEDOUT", [direction.from]))
      return
    }
    const segment = direction.queue.shift()
    const to = direction.to()
    if (segment === undefined) return
    if (!to.owner.alive || to.lost) return this.break("ECONNRESET", [direction.from])
    if (!to.open) return
    const who = `${direction.from.owner.machine} > ${to.owner.machine}`
    if (segment.type === "end") {
      note(who, `connection ${number}: end`)
      to.takeEnd()
      return
    }
    note(who, `connection ${number}: ${segment.bytes.length} bytes`, segment.bytes)
    for (const chunk of cutIntoChunks(segment.bytes, weather, random)) to.take(chunk)
  }

  #passes(direction: Direction): boolean {
    return this.#options.passes(direction.from.owner.machine, direction.to().owner.machine)
  }
}
