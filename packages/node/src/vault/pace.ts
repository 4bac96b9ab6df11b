import type { Clock } from "../ports.ts"
import type { WrongPassphrase } from "./errors.ts"
import { createTurnstile } from "../turnstile.ts"

/** How long a refusal takes, whatever was wrong. */
export const REFUSAL_MILLIS = 1_000
const MOST_ATTEMPTS = 16

/** Takes attempts at a passphrase one after the other. */
export interface PacedAttempts {
  /** Runs `attempt`; when it gives `undefined`, the passphrase was wrong, and the answer is held back until a second has gone since the attempt began. */
  try<T>(attempt: () => Promise<T | undefined>, signal?: AbortSignal): Promise<{ readonly ok: true; readonly value: T } | WrongPassphrase>
}

export function createPacedAttempts(clock: Clock): PacedAttempts {
  const turnstile = createTurnstile(MOST_ATTEMPTS)
  return {
    try: (attempt, signal) =>
      turnstile.pass(async () => {
        const ended = new AbortController()
        // Begun before the attempt, so that what the attempt takes is not added to the pause.
        const pause = clock.sleep(REFUSAL_MILLIS, signal === undefined ? ended.signal : AbortSignal.any([signal, ended.signal]))
        pause.catch(() => undefined)
        try {
          const value = await attempt()
          if (value !== undefined) return { ok: true, value } as const
          await pause
          return {
            ok: false,
            code: "wrongPassphrase",
            reason: "That is not the passphrase. Check capitals and the keyboard's language, then try again.",
          } as const
        } finally {
          ended.abort()
        }
      }, signal),
  }
}
