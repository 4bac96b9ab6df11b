import { equalBytes, HOME, namesDoor, toHex } from "@tessera/mosaic"
import type { Home, PublicKey } from "@tessera/mosaic"
import type { RecordStore } from "@tessera/mosaic-server"
import type { Ports } from "../ports.ts"
import type { DoorAddress } from "./dial.ts"
import type { Follow } from "./follow-state.ts"
import { homeIn } from "./identity.ts"

const FIRST_WAIT_MS = 30_000
const LONGEST_WAIT_MS = 3_600_000

/** Takes people to the new doors of those whom they read. */
export interface Mover extends AsyncDisposable {
  /** Looks whether somebody who is followed has a new door, and goes there as soon as it opens; until then they are read at the old one. */
  consider(person: PublicKey): void
}

/**
 * The door to which a follow should go, when there is one. Only a Home that knows the door at which the person is read leads away from it: one that does
 * not is older than the card by which they were followed.
 */
export function nextDoor({ door }: Pick<Follow, "door">, home: Home | undefined): PublicKey | undefined {
  if (home === undefined || equalBytes(home.door, door)) return undefined
  return namesDoor(home, door) ? home.door : undefined
}

export function createMover(options: {
  readonly clock: Pick<Ports["clock"], "sleep">
  readonly records: RecordStore
  readonly followOf: (person: PublicKey) => Follow | undefined
  /** Resolves when a door opens with its key. @throws when it does not. */
  readonly visit: (address: DoorAddress, signal: AbortSignal) => Promise<void>
  /** The new door has opened: reads them there from now on. */
  readonly move: (person: PublicKey, door: PublicKey) => Promise<void>
  readonly onFailure: (error: unknown) => void
}): Mover {
  const { clock, records, followOf, visit } = options
  const stop = new AbortController()
  /** One for each person at most; `again` when there was news meanwhile. */
  const under = new Map<string, { again: boolean; readonly done: Promise<void> }>()

  const wanted = async (person: PublicKey): Promise<{ readonly follow: Follow; readonly door: PublicKey } | undefined> => {
    const follow = followOf(person)
    if (follow === undefined) return undefined
    const { records: found } = await records.query({ authors: [person], signers: [person], kinds: [HOME] }, { limit: 1 })
    const door = nextDoor(follow, found[0] === undefined ? undefined : homeIn(found[0].record))
    return door === undefined ? undefined : { follow, door }
  }
  const tryDoor = async (person: PublicKey): Promise<boolean> => {
    const next = await wanted(person)
    if (next === undefined) return true
    try {
      // Nothing more is asked of it: the person's own key has named it.
      await visit({ door: next.door, hints: next.follow.hints }, stop.signal)
    } catch {
      return false
    }
    await options.move(person, next.door)
    return true
  }
  const run = async (person: PublicKey, state: { again: boolean }): Promise<void> => {
    for (let wait = FIRST_WAIT_MS; !stop.signal.aborted; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
      state.again = false
      const isDone = await tryDoor(person)
      if (isDone && !state.again) return
      if (!isDone) await clock.sleep(wait, stop.signal)
    }
  }
  return {
    consider(person) {
      if (stop.signal.aborted) return
      const key = toHex(person)
      const before = under.get(key)
      if (before !== undefined) {
        before.again = true
        return
      }
      const state = { again: false, done: Promise.resolve() }
      state.done = run(person, state)
        .catch((error: unknown) => {
          if (!stop.signal.aborted) options.onFailure(error)
        })
        .finally(() => under.delete(key))
      under.set(key, state)
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await Promise.allSettled([...under.values()].map(({ done }) => done))
    },
  }
}
