import { performance } from "node:perf_hooks"
import { setImmediate as nextTurn } from "node:timers/promises"
import { addressGroup, remoteAddress } from "../policy/ip-address.ts"
import type { Peer } from "../policy/policy.ts"
import { FairLine } from "./fair-line.ts"

/** How long one connection may compute before the others get their turn. */
const SLICE_MS = 5
/** The server's own work waits at a place of its own. */
const OWN: Pick<Peer, "remote" | "id"> = { remote: "", id: 0 }

const line = new FairLine<() => void>()
const places = new WeakMap<Pick<Peer, "remote" | "id">, string>()
let sliceStart = 0
let isServing = false

/**
 * Between two pieces of dear work (a signature takes about a millisecond): lets the event loop go on when its turn is over. Those who wait get a turn of
 * the loop each, fairly by where they are, so that many of them together hold nobody up.
 *
 * @param peer for whom the work is done; for the server itself when not given.
 * @param signal resolves it at once when it aborts: whoever is not served any more keeps nothing waiting.
 */
export async function yieldTurn(peer: Pick<Peer, "remote" | "id"> = OWN, signal?: AbortSignal): Promise<void> {
  if (performance.now() - sliceStart < SLICE_MS || signal?.aborted === true) return
  const place = placeOf(peer)
  await new Promise<void>((resolve) => {
    const begin = (): void => {
      signal?.removeEventListener("abort", giveUp)
      resolve()
    }
    const giveUp = (): void => {
      line.delete(begin, place, peer.id)
      resolve()
    }
    signal?.addEventListener("abort", giveUp, { once: true })
    line.add(begin, place, peer.id)
    if (!isServing) void serve()
  })
}

async function serve(): Promise<void> {
  isServing = true
  while (!line.isEmpty) {
    await nextTurn()
    sliceStart = performance.now()
    line.next()?.()
  }
  isServing = false
}

function placeOf(peer: Pick<Peer, "remote" | "id">): string {
  const known = places.get(peer)
  if (known !== undefined) return known
  const place = addressGroup(remoteAddress(peer.remote))
  places.set(peer, place)
  return place
}
