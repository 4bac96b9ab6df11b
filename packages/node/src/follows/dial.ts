import { DEFAULT_PORTS } from "@tessera/mosaic"
import { connect } from "@tessera/mosaic-client"
import type { MosaicConnection } from "@tessera/mosaic-client"
import type { ByteChannel, PublicKey } from "@tessera/mosaic"
import { doorAddress } from "../card/card.ts"
import type { Hint } from "../card/card.ts"
import type { Ports } from "../ports.ts"

/** Where somebody's door is. */
export interface DoorAddress {
  /** Pinned: whoever else answers is not listened to. */
  readonly door: PublicKey
  readonly hints: readonly Hint[]
}

/** How long all places of a door together may take, in milliseconds. */
export const DIAL_MS = 3_000
/** The same where the door is also tried through Tor. */
export const ONION_DIAL_MS = 30_000
/** The port of a door at its onion address: that of Mosaic. */
export const ONION_PORT = DEFAULT_PORTS.mosaictcp

/** Where a door can be tried: at its hints, and, where there is Tor, at the address that its key is. */
function placesOf({ network }: Pick<Ports, "network">, { door, hints }: DoorAddress): readonly Hint[] {
  return network.dialsOnions === true ? [...hints, { host: doorAddress(door), port: ONION_PORT }] : hints
}

/** How long trying to reach a door may take here, in milliseconds. */
export function patience({ network }: Pick<Ports, "network">): number {
  return network.dialsOnions === true ? ONION_DIAL_MS : DIAL_MS
}

/**
 * Tries all places of a door at the same time; the first that proves the door's key wins, the others are hung up.
 * Visitors are anonymous: the door learns that somebody reads, not who.
 * @throws when none answers in time.
 */
export async function dialDoor(ports: Pick<Ports, "clock" | "network">, address: DoorAddress, signal: AbortSignal): Promise<ByteChannel> {
  signal.throwIfAborted()
  const { clock, network } = ports
  const places = placesOf(ports, address)
  if (places.length === 0) throw new Error("the card names no place")
  const stop = new AbortController()
  const attempts = places.map(({ host, port }) =>
    network.dial({ host, port, serverKey: address.door, signal: AbortSignal.any([signal, stop.signal]) }),
  )
  const tooLate = clock.sleep(patience(ports), AbortSignal.any([signal, stop.signal])).then(() => {
    throw new Error("nobody answered in time")
  })
  tooLate.catch(() => undefined)
  try {
    const winner = await Promise.race([Promise.any(attempts), tooLate])
    hangUpOthers(attempts, winner)
    return winner
  } catch (error) {
    hangUpOthers(attempts, undefined)
    throw error
  } finally {
    stop.abort()
  }
}

function hangUpOthers(attempts: readonly Promise<ByteChannel>[], winner: ByteChannel | undefined): void {
  for (const attempt of attempts) {
    attempt.then(
      (channel) => (channel === winner ? undefined : channel.close().catch(() => undefined)),
      () => undefined,
    )
  }
}

/** Dials a door and says Hello. */
export async function visitDoor(
  ports: Pick<Ports, "clock" | "network">,
  address: DoorAddress,
  signal: AbortSignal,
): Promise<MosaicConnection> {
  return connect(await dialDoor(ports, address, signal), { signal, sleep: (milliseconds, stop) => ports.clock.sleep(milliseconds, stop) })
}
