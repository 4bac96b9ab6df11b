import {
  HOME,
  KEPT,
  KEY_SCHEDULE,
  type Kind,
  PROFILE,
  RESULT,
  type Timestamp,
  type VerifiedRecord,
  VerifyError,
  equalBytes,
  expiryOf,
  kindHandling,
  readKept,
  readKeySchedule,
} from "@tessera/mosaic"
import { ALLOWED, type Peer, type Policy, type SubmissionOutcome, type Verdict, refuse } from "./policy/policy.ts"
import { isAuthor } from "./policy/reading-rights.ts"
import type { KeyScheduleDirectory } from "./schedules/directory.ts"
import { type RecordStore, StorageError } from "./store/port.ts"
import type { FanOut } from "./subscriptions/fan-out.ts"

export interface AcceptanceOptions {
  readonly store: RecordStore
  readonly policy: Policy
  readonly directory: KeyScheduleDirectory
  readonly fanOut: FanOut
  readonly now: () => Timestamp
  readonly onFailure: (doing: string, error: unknown) => void
}

/** A Key Schedule that a subkey signed is `INVALID`, as the specification says; of these it says nothing or "master key". */
const MASTER_ONLY: readonly Kind[] = [PROFILE, KEPT, HOME]

const EXPIRED = refuse(RESULT.INVALID, "it has expired")

/** Decides about a verified record in two steps: `judge` in the order of arrival, then `take`, many at a time. */
export class Acceptance {
  readonly #options: AcceptanceOptions

  constructor(options: AcceptanceOptions) {
    this.#options = options
  }

  /** May it come in? `from` is the peer who brings it; the owner of the server is not asked for a policy. */
  async judge(record: VerifiedRecord, from: Peer | "owner"): Promise<Verdict> {
    const { directory, policy, now } = this.#options
    const form = judgeForm(record)
    if (!form.ok) return form
    const expires = expiryOf(record.tags)
    if (expires !== undefined && expires <= now()) return EXPIRED
    if (record.isFromAuthor && from !== "owner") {
      if (from.key === undefined) return refuse(RESULT.REQUIRES_AUTHENTICATION, "only its author may bring this record")
      const master = await directory.masterOf(from.key)
      if (!isAuthor(record, [from.key, master])) return refuse(RESULT.UNAUTHORIZED, "only its author may bring this record")
    }
    const { signer, author, timestamp, id } = record
    const act = await directory.mayAct({ signer, author, timestamp, received: now(), id })
    if (!act.ok) return refuse(RESULT.UNAUTHORIZED, act.reason)
    return from === "owner" ? ALLOWED : policy.admit(record, from, directory)
  }

  /** Takes in what was judged: as the policy wants it, to the subscribers when it is ephemeral, else to the store. Never rejects. */
  take(record: VerifiedRecord, { take }: Verdict & { readonly ok: true } = { ok: true }): Promise<SubmissionOutcome> {
    const { store, fanOut, directory, now } = this.#options
    if (take !== undefined) return this.#guard("taking a record as the policy wants it", take)
    if (kindHandling(record.kind) === "ephemeral") {
      return this.#guard("bringing a record to subscribers", async () => {
        const count = await fanOut.deliverEphemeral(record, now())
        return { code: count > 0 ? RESULT.ACCEPTED : RESULT.NO_CONSUMERS }
      })
    }
    const outcome = this.#guard("storing a record", async () => {
      const [put] = await store.put([record])
      if (put?.outcome === "expired") return EXPIRED
      return { code: put?.outcome === "stored" ? RESULT.ACCEPTED : RESULT.DUPLICATE }
    })
    if (record.kind === KEY_SCHEDULE || record.kind === KEPT) directory.expect(record, outcome)
    return outcome
  }

  async #guard(doing: string, act: () => Promise<SubmissionOutcome>): Promise<SubmissionOutcome> {
    try {
      return await act()
    } catch (error) {
      this.#options.onFailure(doing, error)
      const permanent = error instanceof StorageError && (error.reason === "readOnly" || error.reason === "corrupt")
      return { code: permanent ? RESULT.PERSISTENT_ERROR : RESULT.TEMPORARY_ERROR, reason: `${doing} failed` }
    }
  }
}

/** What the specification asks of kinds on which everything else rests: Key Schedules as they should be, and only master keys sign identity. */
function judgeForm(record: VerifiedRecord): Verdict {
  if (MASTER_ONLY.includes(record.kind) && !equalBytes(record.signer, record.author))
    return refuse(RESULT.UNAUTHORIZED, "only a master key signs this kind")
  try {
    if (record.kind === KEY_SCHEDULE) readKeySchedule(record)
    if (record.kind === KEPT) readKept(record)
    return ALLOWED
  } catch (error) {
    if (error instanceof VerifyError) return refuse(RESULT.INVALID, error.reason)
    throw error
  }
}
