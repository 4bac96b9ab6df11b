import { equalBytes } from "@tessera/mosaic"
import type { PublicKey } from "@tessera/mosaic"
import type { Introduction } from "../card/card.ts"
import { BoundedMap } from "../bounded-map.ts"
import type { Ports } from "../ports.ts"
import { visitDoor } from "./dial.ts"
import { askIdentity, askOwner } from "./identity.ts"
import type { Identity } from "./identity.ts"

/** Who opened, and who they are. */
export interface Sight {
  readonly person: PublicKey
  readonly identity: Identity
}

/** Looks at somebody before anything is decided: nothing of it is stored. */
export interface Onlooker {
  /**
   * Who the owner of a card or a door is, by their own door. `silent` when nobody answers there within `milliseconds`, `nameless` when whoever answers does
   * not say whose door it is.
   */
  look(introduction: Introduction, milliseconds: number, signal: AbortSignal): Promise<Sight | "silent" | "nameless">
  /** What was seen the last time, if that was lately. */
  lately(introduction: Introduction): Sight | undefined
}

const LATELY_MS = 600_000
const MOST = 32

export function createOnlooker(ports: Pick<Ports, "clock" | "network">): Onlooker {
  const seen = new BoundedMap<PublicKey, { readonly sight: Sight; readonly at: number }>(MOST)
  return {
    async look(introduction, milliseconds, signal) {
      const { door } = introduction
      const stop = new AbortController()
      const both = AbortSignal.any([signal, stop.signal])
      const deadline = ports.clock.sleep(milliseconds, both).then(() => stop.abort(new Error("nobody answered in time")))
      deadline.catch(() => undefined)
      try {
        await using connection = await visitDoor(ports, introduction, both)
        const person = introduction.person ?? (await askOwner(connection, door, both))
        if (person === undefined) return "nameless"
        const sight = { person, identity: await askIdentity(connection, person, both) }
        seen.set(door, { sight, at: ports.clock.unixMillis() })
        return sight
      } catch {
        // Not there, somebody else's key, too slow, or speaking nonsense: for the person all of it is "did not answer".
        signal.throwIfAborted()
        return "silent"
      } finally {
        stop.abort()
      }
    },
    lately({ door, person }) {
      const found = seen.get(door)
      if (found === undefined || Math.abs(ports.clock.unixMillis() - found.at) >= LATELY_MS) return undefined
      return person === undefined || equalBytes(person, found.sight.person) ? found.sight : undefined
    },
  }
}
