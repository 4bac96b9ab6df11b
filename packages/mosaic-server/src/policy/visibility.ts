import { type PublicKey, kindReaders } from "@tessera/mosaic"
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
    if (kindReaders(stored.record.kind) !== "everybody" || this.#directory.isWithdrawn(stored) !== false) return this.#lookUp(stored, peer)
    return this.#policy.mayRead(stored, peer, this.#directory)
  }

  async #lookUp(stored: StoredRecord, peer: Peer): Promise<boolean> {
    const { record } = stored
    const keys: readonly PublicKey[] = peer.key === undefined ? [] : [peer.key, await this.#directory.masterOf(peer.key)]
    if (!hasReadingRight(record, keys)) return false
    return !(await this.#directory.isWithdrawn(stored)) && (await this.#policy.mayRead(stored, peer, this.#directory))
  }
}
