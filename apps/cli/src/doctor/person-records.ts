import {
  equalBytes,
  formatTimestamp,
  type Kind,
  kindHandling,
  KEY_SCHEDULE,
  PROFILE,
  type PublicKey,
  readKeySchedule,
  toHex,
  type VerifiedRecord,
  VerifyError,
} from "@tessera/mosaic"
import type { MosaicConnection } from "@tessera/mosaic-client"
import { count, type Finding } from "./finding.ts"

/** Newest records of a person that servers are compared by. */
const COMPARED = 200

/** What one server shows of a person to everybody. */
export interface PersonRecords {
  readonly keySchedule: VerifiedRecord | undefined
  readonly profile: VerifiedRecord | undefined
  /** The newest, newest first, without those that are replaced. */
  readonly newest: readonly VerifiedRecord[]
}

/** Reads what servers are compared by. */
export async function readPerson(connection: MosaicConnection, person: PublicKey): Promise<PersonRecords> {
  const newestOf = async (kind: Kind): Promise<VerifiedRecord | undefined> => {
    for await (const record of connection.query({ authors: [person], kinds: [kind] }, { limit: 1 })) return record
    return undefined
  }
  const newest: VerifiedRecord[] = []
  for await (const record of connection.query({ authors: [person] }, { limit: COMPARED })) {
    // Another server may rightly have another version of what is replaced.
    if (kindHandling(record.kind) !== "replaceable") newest.push(record)
  }
  return { keySchedule: await newestOf(KEY_SCHEDULE), profile: await newestOf(PROFILE), newest }
}

/** Says which key schedule a server shows. */
export function judgeKeySchedule(about: string, { keySchedule }: PersonRecords, isOutbox: boolean): Finding {
  if (keySchedule === undefined) {
    return isOutbox
      ? {
          about,
          judgement: "wrong",
          code: "schedule-missing",
          text: "It has no key schedule of theirs: readers here cannot tell which devices are theirs.",
          advice: "Publish the key schedule to every outbox.",
        }
      : { about, judgement: "note", code: "schedule-none", text: "It shows no key schedule of theirs." }
  }
  const at = formatTimestamp(keySchedule.timestamp)
  try {
    const { entries } = readKeySchedule(keySchedule)
    const states = { active: 0, outOfUse: 0, revokedAll: 0, revokedPast: 0 }
    for (const { state } of entries) states[state] += 1
    const revoked = states.revokedAll + states.revokedPast
    return {
      about,
      judgement: "well",
      code: "schedule",
      text: `Key schedule of ${at.slice(0, 10)}: ${count(states.active, "key")} in use, ${states.outOfUse} out of use, ${revoked} revoked.`,
      facts: { at, ...states },
    }
  } catch (error) {
    if (!(error instanceof VerifyError)) throw error
    return {
      about,
      judgement: "wrong",
      code: "schedule-invalid",
      text: `It serves a key schedule that does not hold: ${error.reason}.`,
      advice: "Tell whoever runs the server: it must refuse such records.",
    }
  }
}

/** Says whether servers agree about a person: on the key schedule and profile, and, between outboxes, on their newest records. */
export function judgeAgreement(
  servers: readonly { readonly about: string; readonly isOutbox: boolean; readonly records: PersonRecords }[],
): Finding[] {
  const about = "agreement"
  const found: Finding[] = []
  for (const [name, kind] of [
    ["key schedule", "keySchedule"],
    ["profile", "profile"],
  ] as const) {
    const having = servers.flatMap((server) => {
      const record = server.records[kind]
      return record === undefined ? [] : [{ server, record }]
    })
    const newest = having.map(({ record }) => record).toSorted((a, b) => (a.timestamp < b.timestamp ? 1 : -1))[0]
    if (newest === undefined) continue
    const behind = having.filter(({ record }) => !equalBytes(record.id, newest.id))
    found.push(
      behind.length === 0
        ? { about, judgement: "well", code: `${code(kind)}-agreed`, text: `All that show a ${name} show the same.` }
        : {
            about,
            judgement: "wrong",
            code: `${code(kind)}-differs`,
            text: `An older ${name} is shown by ${behind.map(({ server }) => server.about).join(", ")}.`,
            advice: `Publish the newest ${name} there.`,
          },
    )
  }
  const outboxes = servers.filter(({ isOutbox }) => isOutbox)
  if (outboxes.length < 2) return found
  const union = new Map(outboxes.flatMap(({ records }) => records.newest.map((record) => [toHex(record.id), record] as const)))
  const wanted = [...union.values()].toSorted((a, b) => (a.timestamp < b.timestamp ? 1 : -1)).slice(0, COMPARED)
  let isAgreed = true
  for (const { about: server, records } of outboxes) {
    const has = new Set(records.newest.map(({ id }) => toHex(id)))
    const missing = wanted.filter(({ id }) => !has.has(toHex(id))).length
    if (missing === 0) continue
    isAgreed = false
    found.push({
      about,
      judgement: "wrong",
      code: "records-missing",
      text: `${server} lacks ${missing} of the ${count(wanted.length, "newest record")} that the outboxes show together.`,
      advice: "It may be late, have been down, or refuse them: look again in ten minutes, then bring them there.",
      facts: { missing, of: wanted.length },
    })
  }
  if (isAgreed && wanted.length > 0)
    found.push({
      about,
      judgement: "well",
      code: "records-agreed",
      text: `All outboxes show the same ${count(wanted.length, "newest record")}.`,
    })
  return found
}

const code = (kind: "keySchedule" | "profile"): string => (kind === "profile" ? "profile" : "schedule")
