import { equalBytes, KEY_SCHEDULE, PROFILE, RESULT, toHex } from "@tessera/mosaic"
import type { PublicKey, ResultCode, VerifiedRecord } from "@tessera/mosaic"
import type { MosaicConnection } from "@tessera/mosaic-client"
import type { RecordStore } from "@tessera/mosaic-server"
import { visitDoor } from "../follows/follows.ts"
import type { DoorAddress } from "../follows/follows.ts"
import { readNotified } from "../notes/notes.ts"
import type { Ports } from "../ports.ts"
import { createTurnstile } from "../turnstile.ts"
import { removing, setting } from "../state/state.ts"
import type { StateStore } from "../state/state.ts"
import { PARCEL, parcelKey } from "./parcel.ts"
import type { Parcel } from "./parcel.ts"

/** Brings the person's answers to the doors of those whom they answer. */
export interface Delivery extends AsyncDisposable {
  /** Queues a note for everybody whom it notifies and whose door is known, durably; to be called before the note is written. */
  queue(note: VerifiedRecord): Promise<void>
  /** There is something new to deliver. */
  wake(): void
  /** Somebody's door was just seen to be open: what waits for them is tried at once. */
  reachable(person: PublicKey): void
}

export interface DeliveryOptions {
  readonly ports: Pick<Ports, "clock" | "network" | "random">
  readonly self: PublicKey
  readonly records: RecordStore
  readonly state: StateStore
  readonly doorOf: (person: PublicKey) => DoorAddress | undefined
  readonly onFailure: (error: unknown) => void
}

const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 600_000
/** After this long nobody answers there any more: 30 days. */
const KEPT_MS = 30 * 86_400_000
const NEVER_WRITTEN_MS = 60_000
/** A door that refuses may still come to know our keys; after so many refusals it means it. */
const MOST_REFUSALS = 10
const MOST_RECORDS = 1_000

/** What a door says that has trouble of its own, a full disk say: it may take later what it does not take now, however long that lasts. */
const PASSING: ReadonlySet<ResultCode> = new Set([
  RESULT.UNDEFINED,
  RESULT.TOO_FAST,
  RESULT.IP_TEMP_BANNED,
  RESULT.PUBKEY_TEMP_BANNED,
  RESULT.SHUTTING_DOWN,
  RESULT.TEMPORARY_ERROR,
  RESULT.PERSISTENT_ERROR,
  RESULT.GENERAL_ERROR,
])

/** How it went with one note at one door. */
type Outcome = "taken" | "refused" | "notNow"

interface Attempt {
  failures: number
  refusals: number
  next: number
}

/** Begins with what was left over from before. */
export function createDelivery(options: DeliveryOptions): Delivery {
  const { ports, self, records, state } = options
  const { clock } = ports
  const stop = new AbortController()
  const attempts = new Map<string, Attempt>()
  const queueTurn = createTurnstile(MOST_RECORDS)
  let hurry = new AbortController()

  const attemptOf = (person: PublicKey): Attempt => {
    const known = attempts.get(toHex(person)) ?? { failures: 0, refusals: 0, next: 0 }
    attempts.set(toHex(person), known)
    return known
  }
  const wake = (): void => hurry.abort()

  const deliverTo = async (to: PublicKey, parcels: readonly Parcel[]): Promise<void> => {
    const attempt = attemptOf(to)
    const address = options.doorOf(to) ?? parcels[0]
    try {
      if (address === undefined) return
      await using connection = await visitDoor(ports, address, stop.signal)
      const outcomes = new Set<Outcome>()
      for (const parcel of parcels) {
        const outcome = await deliver(connection, parcel)
        outcomes.add(outcome)
        if (outcome === "taken" || (outcome === "refused" && attempt.refusals >= MOST_REFUSALS)) await settle(parcel)
      }
      attempt.refusals = outcomes.has("refused") ? attempt.refusals + 1 : 0
      if (outcomes.has("refused") || outcomes.has("notNow")) postpone(attempt)
      else attempts.delete(toHex(to))
    } catch (error) {
      if (stop.signal.aborted) throw error
      postpone(attempt)
    }
  }
  /** Takes a parcel out of the queue, unless the note was edited meanwhile and is queued again. */
  const settle = (parcel: Parcel): Promise<void> =>
    queueTurn.pass(async () => {
      const present = state.get(PARCEL, parcelKey(parcel))
      if (present !== undefined && equalBytes(present.version, parcel.version)) await state.remove(PARCEL, parcelKey(parcel))
    })
  const deliver = async (connection: MosaicConnection, parcel: Parcel): Promise<Outcome> => {
    const versions = (await records.get([parcel.note])).map(({ record }) => record).slice(0, MOST_RECORDS)
    if (!versions.some(({ id }) => equalBytes(id, parcel.version))) {
      // Queued a moment ago and about to be written; or, when it is longer ago, never written, because the program ended in between.
      return versions.length === 0 && clock.unixMillis() - parcel.queued > NEVER_WRITTEN_MS ? "taken" : "notNow"
    }
    const identity = await records.query({ authors: [self], kinds: [KEY_SCHEDULE, PROFILE] }, { limit: 16 })
    const who = identity.records.map(({ record }) => record)
    const inOrder = [
      ...who.filter(({ kind }) => kind === KEY_SCHEDULE),
      ...who.filter(({ kind }) => kind === PROFILE),
      ...versions.toReversed(),
    ]
    let outcome: Outcome = "taken"
    for (const record of inOrder) {
      const { code } = await connection.submit(record, { signal: stop.signal })
      if (isWelcome(code) || !versions.includes(record)) continue
      if (PASSING.has(code)) return "notNow"
      outcome = "refused"
    }
    return outcome
  }
  const postpone = (attempt: Attempt): void => {
    attempt.failures += 1
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(attempt.failures - 1, 20))
    // Between half and all of it, so that not everybody comes at the same moment.
    attempt.next = clock.unixMillis() + wait * (0.5 + (ports.random(1)[0] ?? 0) / 512)
  }
  const round = async (): Promise<number> => {
    const now = clock.unixMillis()
    const waiting = state.list(PARCEL).map(({ value }) => value)
    const dead = waiting.filter(({ queued }) => now - queued > KEPT_MS).slice(0, 1_000)
    if (dead.length > 0) await state.change(dead.map((parcel) => removing(PARCEL, parcelKey(parcel))))
    const byPerson = Map.groupBy(waiting, ({ to }) => toHex(to))
    let next = now + LONGEST_WAIT_MS
    await Promise.all(
      [...byPerson.values()].slice(0, 32).map(async (parcels) => {
        const to = parcels[0]?.to
        if (to === undefined) return
        const due = attemptOf(to).next
        // A clock that went back must not hold a parcel for longer than the longest wait.
        if (due <= now || due > now + LONGEST_WAIT_MS) await deliverTo(to, parcels)
        next = Math.min(next, attempts.get(toHex(to))?.next ?? next)
      }),
    )
    return Math.max(next - clock.unixMillis(), 50)
  }
  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      hurry = new AbortController()
      const woken = AbortSignal.any([stop.signal, hurry.signal])
      let wait = FIRST_WAIT_MS
      try {
        wait = await round()
      } catch (error) {
        if (stop.signal.aborted) return
        options.onFailure(error)
      }
      await clock.sleep(wait, woken).catch(() => undefined)
    }
  }
  const running = run()

  return {
    async queue(note) {
      const parcels = readNotified(note).flatMap((key): Parcel[] => {
        const to = key as PublicKey
        const address = equalBytes(key, self) ? undefined : options.doorOf(to)
        if (address === undefined) return []
        const { door, hints } = address
        return [{ note: note.address, version: note.id, to, door, hints, queued: clock.unixMillis() }]
      })
      if (parcels.length > 0) await queueTurn.pass(() => state.change(parcels.map((parcel) => setting(PARCEL, parcelKey(parcel), parcel))))
    },
    wake,
    reachable(person) {
      const attempt = attempts.get(toHex(person))
      if (attempt === undefined) return
      attempt.next = 0
      wake()
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
    },
  }
}

/** Taken, or there already. What can never be taken is not tried for ever either. */
function isWelcome(code: ResultCode): boolean {
  return code === RESULT.SUCCESS || code === RESULT.ACCEPTED || code === RESULT.DUPLICATE
}
