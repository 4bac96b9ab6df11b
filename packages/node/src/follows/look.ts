import type { PublicKey } from "@tessera/mosaic"
import type { Card } from "../card/card.ts"
import { BoundedMap } from "../bounded-map.ts"
import type { Ports } from "../ports.ts"
import { visitDoor } from "./dial.ts"
import { askIdentity } from "./identity.ts"
import type { Identity } from "./identity.ts"

/** Looks at somebody before anything is decided: nothing of it is stored. */
export interface Onlooker {
  /** Who the owner of a card is, by their own door; `undefined` when nobody answers there. */
  look(card: Card, signal: AbortSignal): Promise<Identity | undefined>
  /** What was seen the last time, if that was lately. */
  lately(person: PublicKey): Identity | undefined
}

/** How long all of it may take, in milliseconds. */
const LOOK_MS = 3_000
const LATELY_MS = 600_000
const MOST = 32

export function createOnlooker(ports: Pick<Ports, "clock" | "network">): Onlooker {
  const seen = new BoundedMap<PublicKey, { readonly identity: Identity; readonly at: number }>(MOST)
  return {
    async look(card, signal) {
      const stop = new AbortController()
      const both = AbortSignal.any([signal, stop.signal])
      const deadline = ports.clock.sleep(LOOK_MS, both).then(() => stop.abort(new Error("nobody answered in time")))
      deadline.catch(() => undefined)
      try {
        await using connection = await visitDoor(ports, card, both)
        const identity = await askIdentity(connection, card.person, both)
        seen.set(card.person, { identity, at: ports.clock.unixMillis() })
        return identity
      } catch {
        // Not there, somebody else's key, too slow, or speaking nonsense: for the person all of it is "did not answer".
        signal.throwIfAborted()
        return undefined
      } finally {
        stop.abort()
      }
    },
    lately(person) {
      const found = seen.get(person)
      return found !== undefined && Math.abs(ports.clock.unixMillis() - found.at) < LATELY_MS ? found.identity : undefined
    },
  }
}
