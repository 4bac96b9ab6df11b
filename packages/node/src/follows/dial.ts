import { connect } from "@tessera/mosaic-client"
import type { MosaicConnection } from "@tessera/mosaic-client"
import type { ByteChannel, PublicKey } from "@tessera/mosaic"
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

/**
 * Tries all places of a door at the same time; the first that proves the door's key wins, the others are hung up.
 * Visitors are anonymous: the door learns that somebody reads, not who.
 * @throws when none answers in time.
 */
export async function dialDoor(
  { clock, network }: Pick<Ports, "clock" | "network">,
  { door, hints }: DoorAddress,
  signal: AbortSignal,
): Promise<ByteChannel> {
  signal.throwIfAborted()
  if (hints.length === 0) throw new Error("the card names no place")
  const stop = new AbortController()
  const attempts = hints.map(({ host, port }) =>
    network.dial({ host, port, serverKey: door, signal: AbortSignal.any([signal, stop.signal]) }),
  )
  const tooLate = clock.sleep(DIAL_MS, AbortSignal.any([signal, stop.signal])).then(() => {
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
