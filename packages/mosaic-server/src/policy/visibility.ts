import { type KeySchedule, type PublicKey, equalBytes, kindReaders, mayAct } from "@tessera/mosaic"
import type { KeyScheduleDirectory } from "../schedules/directory.ts"
import type { StoredRecord } from "../store/port.ts"
import type { Peer, Policy } from "./policy.ts"
import { hasReadingRight } from "./reading-rights.ts"

/** Decides who is shown what: the reading rights of the kind, revoked keys, then the policy. The same for Get, Query and Subscribe. */
export class Visibility {
  readonly #directory: KeyScheduleDirectory
  readonly #policy: Policy

  constructor(directory: KeyScheduleDirectory, policy: Policy) {
    this.#directory = directory
    this.#policy = policy
  }

  /** Answers at once where nothing has to be looked up, which is so for most public records. */
  mayRead(stored: StoredRecord, peer: Peer): boolean | Promise<boolean> {
    const { record } = stored
    const isOwn = equalBytes(record.signer, record.author)
    const remembered = isOwn ? undefined : this.#directory.remembered(record.author)
    if (kindReaders(record.kind) !== "everybody" || (!isOwn && remembered === undefined)) return this.#lookUp(stored, peer)
    if (isRevoked(remembered?.schedule, stored)) return false
    return this.#policy.mayRead(stored, peer, this.#directory)
  }

  async #lookUp(stored: StoredRecord, peer: Peer): Promise<boolean> {
    const { record } = stored
    const keys: readonly PublicKey[] = peer.key === undefined ? [] : [peer.key, await this.#directory.masterOf(peer.key)]
    if (!hasReadingRight(record, keys)) return false
    const schedule = equalBytes(record.signer, record.author) ? undefined : await this.#directory.scheduleOf(record.author)
    return !isRevoked(schedule, stored) && (await this.#policy.mayRead(stored, peer, this.#directory))
  }
}

/**
 * Whether the author has since revoked the key that signed a stored record. A key that is only no longer listed is not revoked: the record was
 * taken in when it was.
 */
function isRevoked(schedule: KeySchedule | undefined, { record, received }: StoredRecord): boolean {
  const states = schedule?.entries.filter((entry) => equalBytes(entry.key, record.signer)).map((entry) => entry.state) ?? []
  if (!states.some((state) => state === "revokedAll" || state === "revokedPast")) return false
  const { signer, author, timestamp, id } = record
  return !mayAct(schedule, { signer, author, timestamp, received, id }).ok
}
