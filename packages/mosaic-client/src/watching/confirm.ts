import {
  type Filter,
  type KeySchedule,
  type PublicKey,
  type Reference,
  type Timestamp,
  type VerifiedRecord,
  DecodeError,
  KEY_SCHEDULE,
  VerifyError,
  equalBytes,
  isAddress,
  kindHandling,
  mayAct,
  readKeySchedule,
  retractionTargets,
  retractsTag,
  toHex,
} from "@tessera/mosaic"
import { type Sighting, mustBeShown } from "./sighting.ts"

/** What confirming asks of servers; a `MosaicConnection` is one. */
export interface Askable {
  get(references: readonly Reference[], options?: { readonly signal?: AbortSignal }): AsyncIterable<VerifiedRecord>
  query(filter: Filter, options?: { readonly limit?: number; readonly signal?: AbortSignal }): AsyncIterable<VerifiedRecord>
}

/** Records that one server is suspected to withhold, at most {@link MOST_AT_ONCE}, all seen with one witness. */
export interface Confrontation {
  readonly suspect: Askable
  readonly witness: Askable
  readonly sightings: readonly Sighting[]
  readonly now: () => Timestamp
  readonly signal: AbortSignal
}

/** A Get of so many references, and an Included Tags element of twice as many Retracts tags, are well within their bounds. */
export const MOST_AT_ONCE = 16

/**
 * Asks again, long after the records were seen: which of them does the suspect still not show, although the witness still does, and nothing explains it?
 *
 * Nobody is accused of what they have and sent late, of what is replaced by something newer, over, taken back by its author, or signed with a key that the author
 * has since revoked. The suspect is asked before the witness, so that what both drop meanwhile counts against nobody.
 *
 * @throws what the servers' connections throw: then nothing is known.
 */
export async function confront({ suspect, witness, sightings, now, signal }: Confrontation): Promise<Sighting[]> {
  let left = sightings.filter((sighting) => mustBeShown(sighting, now()))
  if (left.length === 0) return []
  left = withoutHeld(left, await gather(suspect.get(references(left), { signal })))
  left = await withoutRetracted(left, suspect, signal)
  left = await withoutWithdrawn(left, [suspect, witness], now, signal)
  if (left.length === 0) return []
  const shown = new Set(
    (
      await gather(
        witness.get(
          left.map(({ id }) => id),
          { signal },
        ),
      )
    ).map(({ id }) => toHex(id)),
  )
  return left.filter((sighting) => shown.has(toHex(sighting.id)) && mustBeShown(sighting, now()))
}

/** By id, and where a newer version would do, by address too. */
const references = (sightings: readonly Sighting[]): Reference[] =>
  sightings.flatMap(({ id, address, kind }) => (kindHandling(kind) === "replaceable" ? [id, address] : [id]))

function withoutHeld(sightings: readonly Sighting[], held: readonly VerifiedRecord[]): Sighting[] {
  const ids = new Set(held.map(({ id }) => toHex(id)))
  const versions = new Map(held.map(({ address, timestamp }) => [toHex(address), timestamp]))
  return sightings.filter(({ id, address, kind, timestamp }) => {
    if (ids.has(toHex(id))) return false
    const version = kindHandling(kind) === "replaceable" ? versions.get(toHex(address)) : undefined
    return version === undefined || version < timestamp
  })
}

async function withoutRetracted(sightings: readonly Sighting[], suspect: Askable, signal: AbortSignal): Promise<Sighting[]> {
  if (sightings.length === 0) return []
  const authors = [...new Map(sightings.map(({ author }) => [toHex(author), author])).values()]
  const tags = sightings.flatMap(({ id, address }) => [retractsTag(id), retractsTag(address)])
  const retractions = await gather(suspect.query({ authors, includedTags: [tags] }, { signal, limit: 10 * MOST_AT_ONCE }))
  return sightings.filter((sighting) => !retractions.some((retraction) => takesBack(retraction, sighting)))
}

function takesBack(retraction: VerifiedRecord, { id, address, author, timestamp }: Sighting): boolean {
  if (!equalBytes(retraction.author, author)) return false
  return retractionTargets(retraction).some((target) =>
    isAddress(target) ? equalBytes(target, address) && retraction.timestamp >= timestamp : equalBytes(target, id),
  )
}

/** Leaves out what was signed by a subkey that the author's newest key schedule, wherever it is, does not stand for. */
async function withoutWithdrawn(
  sightings: readonly Sighting[],
  servers: readonly Askable[],
  now: () => Timestamp,
  signal: AbortSignal,
): Promise<Sighting[]> {
  const schedules = new Map<string, KeySchedule | undefined>()
  const stands: Sighting[] = []
  for (const sighting of sightings) {
    const { author, signer, timestamp, id } = sighting
    if (equalBytes(author, signer)) {
      stands.push(sighting)
      continue
    }
    const key = toHex(author)
    if (!schedules.has(key)) schedules.set(key, await newestSchedule(author, servers, signal))
    if (mayAct(schedules.get(key), { author, signer, timestamp, received: now(), id }).ok) stands.push(sighting)
  }
  return stands
}

async function newestSchedule(author: PublicKey, servers: readonly Askable[], signal: AbortSignal): Promise<KeySchedule | undefined> {
  let newest: { readonly schedule: KeySchedule; readonly timestamp: Timestamp } | undefined
  for (const server of servers) {
    for (const record of await gather(server.query({ authors: [author], kinds: [KEY_SCHEDULE] }, { signal, limit: MOST_AT_ONCE }))) {
      const schedule = readable(record)
      if (schedule !== undefined && (newest === undefined || record.timestamp > newest.timestamp))
        newest = { schedule, timestamp: record.timestamp }
    }
  }
  return newest?.schedule
}

function readable(record: VerifiedRecord): KeySchedule | undefined {
  try {
    return readKeySchedule(record)
  } catch (error) {
    if (error instanceof DecodeError || error instanceof VerifyError) return undefined
    throw error
  }
}

async function gather(records: AsyncIterable<VerifiedRecord>): Promise<VerifiedRecord[]> {
  const all: VerifiedRecord[] = []
  for await (const record of records) all.push(record)
  return all
}
