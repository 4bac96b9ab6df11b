import { toHex } from "@tessera/mosaic"
import type { PublicKey } from "@tessera/mosaic"
import type { KeptState } from "@tessera/mosaic-client"
import type { Follow } from "./follow-state.ts"
import { readDoor } from "./reader.ts"
import type { ReaderOptions } from "./reader.ts"
import type { Stream } from "./visits.ts"

export type ConnectionState = "connected" | "connecting" | "unreachable"

interface Reading {
  readonly stop: AbortController
  readonly done: Promise<void>
  readonly states: Map<Stream, ConnectionState>
}

export interface ReadersOptions extends Omit<ReaderOptions, "follow" | "onState" | "signal"> {
  /** Somebody's connection changed. */
  readonly onConnection: (person: PublicKey) => void
}

/** One reader for each person who is followed. */
export class Readers implements AsyncDisposable {
  readonly #options: ReadersOptions
  readonly #readings = new Map<string, Reading>()
  #isClosed = false

  constructor(options: ReadersOptions) {
    this.#options = options
  }

  /** Reads somebody from now on, at the places that are known now; whoever read them before must have ended. */
  begin(follow: Follow): void {
    const key = toHex(follow.person)
    if (this.#isClosed || this.#readings.has(key)) return
    const stop = new AbortController()
    const states = new Map<Stream, ConnectionState>()
    const onState = (stream: Stream, state: KeptState["state"]): void => {
      const before = states.get(stream)
      const after = connectionAfter(before, state)
      states.set(stream, after)
      if (stream === "own" && after !== before) this.#options.onConnection(follow.person)
    }
    const done = readDoor({ ...this.#options, follow, onState, signal: stop.signal })
    done.catch(this.#options.onFailure)
    this.#readings.set(key, { stop, done, states })
  }

  async end(person: PublicKey): Promise<void> {
    const reading = this.#readings.get(toHex(person))
    this.#readings.delete(toHex(person))
    reading?.stop.abort()
    await reading?.done.catch(() => undefined)
  }

  connection(person: PublicKey): ConnectionState | undefined {
    const reading = this.#readings.get(toHex(person))
    return reading === undefined ? undefined : (reading.states.get("own") ?? "connecting")
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    const all = [...this.#readings.values()]
    this.#readings.clear()
    for (const { stop } of all) stop.abort()
    await Promise.allSettled(all.map(({ done }) => done))
  }
}

/** Trying again after a failure is not yet a new chance: somebody stays out of reach until they answer. */
function connectionAfter(before: ConnectionState | undefined, state: KeptState["state"]): ConnectionState {
  if (state === "catchingUp" || state === "live") return "connected"
  return state === "waiting" || before === "unreachable" ? "unreachable" : "connecting"
}
