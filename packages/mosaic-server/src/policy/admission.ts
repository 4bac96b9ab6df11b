import {
  ADMISSION,
  type Admission,
  DecodeError,
  type PublicKey,
  RESULT,
  type Timestamp,
  VerifyError,
  equalBytes,
  readAdmission,
} from "@tessera/mosaic"
import { Rate } from "../connection/rate.ts"
import { type Members, isMember } from "./members.ts"
import { type Policy, type Refusal, type SubmissionOutcome, refuse } from "./policy.ts"

/** How far the time of an admission may be from the server's: one that was overheard long ago is not brought again. One hour, in nanoseconds. */
const WINDOW = 3_600_000_000_000n
/** Admissions of all strangers together: each may be written to the disk. */
const RATE = { burst: 100, perSecond: 5 }

/** How strangers become members: not at all, by an invite code, or by asking as well. */
export type AdmissionMode = "closed" | "invite" | "request"

/** Where admissions are decided and kept. */
export interface AdmissionDesk {
  /** Uses a code up for somebody, who is then a member; false when the code is not good. Resolves when durable. */
  redeem(code: string, member: PublicKey): Promise<boolean>
  /** Keeps a request for the owner; false when there is no room. Somebody who asks again replaces what they said. Resolves when durable. */
  request(applicant: PublicKey, text: string): Promise<boolean>
}

/** Whom an admission reaches, and what may come of it. */
export interface AdmissionOptions {
  readonly mode: AdmissionMode
  readonly serverKey: PublicKey
  readonly members: Members
  readonly desk: AdmissionDesk
  /** The time, against which that of an admission is held. */
  readonly now: () => Timestamp
}

/**
 * Takes Admission records, and nothing else: they do their work by being sent, and are neither stored nor shown. `SUCCESS` says that their author is a
 * member (now, or was before), `ACCEPTED` that the owner has still to decide, `UNAUTHORIZED` that the code is not good or that nobody is admitted so,
 * `TEMPORARY_ERROR` that too many wait already. To be combined with `anyOf`.
 */
export function admissionPolicy({ mode, serverKey, members, desk, now }: AdmissionOptions): Policy {
  const rate = new Rate(RATE.burst, RATE.perSecond, now)
  const decide = async (applicant: PublicKey, { way, text }: Admission): Promise<SubmissionOutcome> => {
    if (isMember(applicant, members)) return { code: RESULT.SUCCESS }
    if (way === "invite") {
      if (await desk.redeem(text, applicant)) return { code: RESULT.SUCCESS }
      return { code: RESULT.UNAUTHORIZED, reason: "an invite code that is not good" }
    }
    if (await desk.request(applicant, text)) return { code: RESULT.ACCEPTED }
    return { code: RESULT.TEMPORARY_ERROR, reason: "too many requests wait" }
  }
  return {
    admit(record) {
      if (record.kind !== ADMISSION) return refuse(RESULT.UNAUTHORIZED, "no admission")
      const admission = read(() => readAdmission(record))
      if ("ok" in admission) return admission
      if (!equalBytes(admission.server, serverKey)) return refuse(RESULT.INVALID, "an admission to another server")
      const away = record.timestamp - now()
      if (away > WINDOW || away < -WINDOW) return refuse(RESULT.INVALID, "an admission of another time")
      const isOpen = mode === "request" || (mode === "invite" && admission.way === "invite")
      if (!isOpen && !isMember(record.author, members)) return refuse(RESULT.UNAUTHORIZED, "nobody is admitted this way")
      if (!rate.take()) return refuse(RESULT.TOO_FAST, "too many admissions")
      return { ok: true, take: () => decide(record.author, admission) }
    },
    // What it takes is never stored, so there is nothing that it would show.
    mayRead: () => false,
  }
}

function read(act: () => Admission): Admission | Refusal {
  try {
    return act()
  } catch (error) {
    if (error instanceof VerifyError) return refuse(RESULT.UNAUTHORIZED, error.reason)
    if (error instanceof DecodeError) return refuse(RESULT.INVALID, error.reason)
    throw error
  }
}
