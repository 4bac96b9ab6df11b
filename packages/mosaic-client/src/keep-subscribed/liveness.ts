import type { MosaicConnection } from "../connection/mosaic-connection.ts"
import { type Sleep, withDeadline } from "../connection/sleep.ts"

const EVERY_MS = 30_000
const ANSWER_MS = 20_000

/**
 * Asks the server again and again whether it is there: a line that was cut somewhere on the way may say nothing for hours.
 *
 * @param isWaiting whether somebody waits for the connection: while records are being worked on its answers may be late.
 * @returns when it is not there any more, or `signal` aborts.
 */
export async function watchLiveness(
  connection: MosaicConnection,
  isWaiting: () => boolean,
  sleep: Sleep,
  signal: AbortSignal,
): Promise<void> {
  try {
    for (;;) {
      await sleep(EVERY_MS, signal)
      if (!isWaiting()) continue
      const isThere = await answers(connection, sleep, signal)
      if (!isThere && isWaiting()) return
    }
  } catch {
    // Aborted, or the connection has ended: whoever reads from it finds out.
  }
}

async function answers(connection: MosaicConnection, sleep: Sleep, signal: AbortSignal): Promise<boolean> {
  let isLate = false
  const late = (): Error => {
    isLate = true
    return new Error("no answer")
  }
  try {
    await withDeadline(connection.ping({ signal }), ANSWER_MS, sleep, late)
    return true
  } catch (error) {
    if (isLate) return false
    throw error
  }
}
