import { KEY_SCHEDULE, RESULT, type VerifiedRecord, isRetractionKind, kindHandling } from "@tessera/mosaic"
import type { HoldQueue } from "./hold-queue.ts"
import { type Members, isMember } from "./members.ts"
import { ALLOWED, type Policy, refuse } from "./policy.ts"
import { isAuthor } from "./reading-rights.ts"

/** Whose records wait, and where. */
export interface ModerationOptions {
  readonly queue: HoldQueue
  readonly members: Members
  /** Which records of strangers wait; all but Key Schedules and Retractions when not given. */
  readonly holds?: (record: VerifiedRecord) => boolean
}

/**
 * Lets what strangers bring wait until the owner approves or rejects it (network page: inbox servers "MAY withhold serving messages prior to abuse
 * prevention and moderation"). It is `ACCEPTED` and durable; nobody is shown it but its author, by reference. To be combined with `allOf`, last.
 */
export function moderationPolicy({ queue, members, holds = () => true }: ModerationOptions): Policy {
  return {
    async admit(record) {
      if (isMember(record.author, members) || record.kind === KEY_SCHEDULE) return ALLOWED
      if (isRetractionKind(record.kind)) {
        await queue.retract(record)
        return ALLOWED
      }
      if (!holds(record)) return ALLOWED
      if (kindHandling(record.kind) === "ephemeral") return refuse(RESULT.UNAUTHORIZED, "what is not kept cannot wait for approval")
      return { ok: true, take: () => queue.hold(record) }
    },
    mayRead: () => true,
    async waiting(references, peer, context) {
      if (peer.key === undefined || queue.size === 0) return []
      const keys = [peer.key, await context.masterOf(peer.key)]
      return (await queue.get(references)).filter(({ record }) => isAuthor(record, keys))
    },
    tidy: (_store, _now, signal) => queue.recount(signal),
  }
}
