import { encodeHint } from "./hint.ts"
import type { Hint } from "./hint.ts"
import { HINTS_LIMIT } from "./limits.ts"

const MOST_ADDRESSES = 3

/**
 * The hints of a card: up to three of the given addresses in their order, loopback last (two people on one machine), as many as a card can hold.
 * `port` is the port at which the door listens.
 */
export function chooseHints(addresses: readonly string[], port: number): readonly Hint[] {
  const hosts = [...new Set(addresses)].filter((host) => host !== LOOPBACK).slice(0, MOST_ADDRESSES)
  const loopback = { host: LOOPBACK, port }
  const chosen: Hint[] = []
  let room = HINTS_LIMIT - encodeHint(loopback).length
  for (const host of hosts) {
    const size = encodeHint({ host, port }).length
    if (size > room) continue
    room -= size
    chosen.push({ host, port })
  }
  return [...chosen, loopback]
}

const LOOPBACK = "127.0.0.1"
