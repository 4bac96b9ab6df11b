import {
  DecodeError,
  equalBytes,
  notifyTag,
  PROFILE,
  readKeySchedule,
  readProfile,
  REPLY_COMMENT,
  RESULT,
  toHex,
  VerifyError,
} from "@tessera/mosaic"
import type { PublicKey, VerifiedRecord } from "@tessera/mosaic"
import type { Policy, QueryCursor, RecordStore, Verdict } from "@tessera/mosaic-server"
import { doorConcern } from "./visible.ts"

/** What strangers may leave. */
export interface DoorLimits {
  /** Bytes of one answer as a record: 5,000 characters of any script fit. */
  readonly answerBytes: number
  /** Bytes of a key schedule or profile. */
  readonly identityBytes: number
  /** Answers kept of one author, edits counted. */
  readonly answersOfOne: number
  /** Answers kept of all who are not the owner. */
  readonly answers: number
}

export const DOOR_LIMITS: DoorLimits = { answerBytes: 32_768, identityBytes: 262_144, answersOfOne: 1_000, answers: 20_000 }

const PAGE = 1_000

/**
 * What the door takes: who somebody is, and their answers to the owner. The protocol itself asks for the key schedule before the answer.
 * What is visible is the view's matter.
 */
export function createDoorPolicy({
  records,
  owner,
  limits = DOOR_LIMITS,
}: {
  readonly records: RecordStore
  readonly owner: PublicKey
  readonly limits?: DoorLimits
}): Policy {
  let counting: Promise<Map<string, number>> | undefined
  let total = 0
  const countAll = async (): Promise<Map<string, number>> => {
    const counts = new Map<string, number>()
    total = 0
    let cursor: QueryCursor | undefined
    do {
      const filter = { kinds: [REPLY_COMMENT], includedTags: [[notifyTag(owner)]] }
      const page = await records.query(filter, { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) })
      for (const { record } of page.records) counts.set(toHex(record.author), (counts.get(toHex(record.author)) ?? 0) + 1)
      total += page.records.length
      cursor = page.next
    } while (cursor !== undefined && total < limits.answers)
    return counts
  }
  const admitAnswer = async (record: VerifiedRecord): Promise<Verdict> => {
    if (record.bytes.length > limits.answerBytes) return refuse(RESULT.TOO_LARGE, "the answer is too large")
    if ((await records.get([record.id])).length > 0) return { ok: true }
    counting ??= countAll().catch((error: unknown) => {
      counting = undefined
      throw error
    })
    const counts = await counting
    const author = toHex(record.author)
    const count = counts.get(author) ?? 0
    if (count >= limits.answersOfOne || total >= limits.answers) return refuse(RESULT.TOO_FAST, "too many answers")
    counts.set(author, count + 1)
    total += 1
    return { ok: true }
  }
  return {
    admit(record) {
      if (equalBytes(record.author, owner)) return refuse(RESULT.UNAUTHORIZED, "the owner does not come in by the door")
      switch (doorConcern(record, owner)) {
        case "answer":
          return admitAnswer(record)
        case "identity":
          return admitIdentity(record, limits)
        case "own":
        case "hidden":
          return refuse(RESULT.UNAUTHORIZED, "not an answer to the owner")
      }
    },
    mayRead: () => true,
  }
}

function admitIdentity(record: VerifiedRecord, limits: DoorLimits): Verdict {
  if (record.bytes.length > limits.identityBytes) return refuse(RESULT.TOO_LARGE, "the key schedule or profile is too large")
  try {
    if (record.kind === PROFILE) readProfile(record)
    else readKeySchedule(record)
    return { ok: true }
  } catch (error) {
    if (error instanceof DecodeError || error instanceof VerifyError) return refuse(RESULT.INVALID, error.reason)
    throw error
  }
}

const refuse = (code: (typeof RESULT)[keyof typeof RESULT], reason: string): Verdict => ({ ok: false, code, reason })
