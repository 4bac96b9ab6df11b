import { type PublicKey, type Timestamp, toHex } from "@tessera/mosaic"
import type { AdmissionDesk } from "../policy/admission.ts"
import { type Ban, type BanSubject, BanList } from "../policy/ban-list.ts"
import { MemberList } from "../policy/members.ts"
import { EMPTY_HOST_STATE, type HostState, type Invite, type MembershipRequest, formatBanSubject } from "./host-state.ts"

/** How much the book holds: each change writes all of it. */
const MOST = { members: 100_000, requests: 1_000, invites: 1_000, bans: 100_000 } as const

/** What a book is opened with. */
export interface HostBookOptions {
  /** What was kept last; nothing when not given. */
  readonly state?: HostState
  /** Makes a state durable before it takes effect. @throws when it cannot: then nothing changes. */
  readonly save: (state: HostState) => Promise<void>
  /** The time, against which the ends of bans and invites are held. */
  readonly now: () => Timestamp
}

/** The book is full: what it holds of a sort has a bound. */
export class HostBookFullError extends Error {
  override readonly name = "HostBookFullError"
}

/**
 * What the owner of a running server decides: members, requests, invites, bans. Each change is durable before it takes effect, and takes effect at
 * once, on open connections too. Changes are made one after the other.
 */
export class HostBook implements AdmissionDesk {
  readonly #save: HostBookOptions["save"]
  readonly #now: () => Timestamp
  #state: HostState
  #others: readonly PublicKey[] = []
  #last: Promise<unknown> = Promise.resolve()
  /** The members of the book, and those that stand elsewhere. */
  readonly members = new MemberList()
  readonly bans: BanList

  constructor({ state = EMPTY_HOST_STATE, save, now }: HostBookOptions) {
    this.#state = state
    this.#save = save
    this.#now = now
    this.bans = new BanList(now, state.bans.values())
    this.#tellMembers()
  }

  /** Members that stand elsewhere (an option, a file) and are not the book's to remove. */
  setOthers(keys: readonly PublicKey[]): void {
    this.#others = keys
    this.#tellMembers()
  }

  /** Requests that wait, the oldest first. */
  get requests(): readonly MembershipRequest[] {
    return [...this.#state.requests.values()]
  }

  /** Invites that are good. */
  get invites(): readonly Invite[] {
    return [...this.#state.invites.values()].filter((invite) => this.#isGood(invite))
  }

  /** Whether somebody is in the book itself, so that it can remove them. */
  isBooked(key: Uint8Array): boolean {
    return this.#state.members.has(toHex(key))
  }

  /** Makes somebody a member; what they have asked is answered so. False when they were one. @throws {HostBookFullError} */
  addMember(key: PublicKey): Promise<boolean> {
    return this.#change((state) => {
      const isNew = !this.members.has(key)
      const hadAsked = state.requests.delete(toHex(key))
      if (isNew) put(state, "members", toHex(key), key)
      return isNew || hadAsked ? isNew : unchanged(false)
    })
  }

  /** False when they are not in the book. */
  removeMember(key: Uint8Array): Promise<boolean> {
    return this.#change(({ members }) => changedWhen(members.delete(toHex(key))))
  }

  /** Makes somebody who asks a member; false when they do not ask. @throws {HostBookFullError} */
  acceptRequest(key: PublicKey): Promise<boolean> {
    return this.#change((state) => {
      const found = state.requests.delete(toHex(key))
      if (found && !this.members.has(key)) put(state, "members", toHex(key), key)
      return changedWhen(found)
    })
  }

  /** Forgets a request; false when there is none. */
  refuseRequest(key: Uint8Array): Promise<boolean> {
    return this.#change(({ requests }) => changedWhen(requests.delete(toHex(key))))
  }

  async request(applicant: PublicKey, text: string): Promise<boolean> {
    const key = toHex(applicant)
    if (this.#state.requests.get(key)?.text === text) return true
    return this.#change((state) => {
      if (!state.requests.has(key) && state.requests.size >= MOST.requests) return unchanged(false)
      state.requests.set(key, { key: applicant, text, at: this.#now() })
      return true
    })
  }

  /** Adds a code. @throws {HostBookFullError} */
  addInvite(invite: Invite): Promise<void> {
    return this.#change((state) => {
      for (const [code, each] of state.invites) if (!this.#isGood(each)) state.invites.delete(code)
      put(state, "invites", invite.code, invite)
    })
  }

  /** Makes a code worthless; false when it was. */
  revokeInvite(code: string): Promise<boolean> {
    return this.#change(({ invites }) => changedWhen(invites.delete(code)))
  }

  async redeem(code: string, member: PublicKey): Promise<boolean> {
    // A wrong code costs no writing.
    if (!this.#isGood(this.#state.invites.get(code))) return false
    return this.#change((state) => {
      const invite = state.invites.get(code)
      if (invite === undefined || !this.#isGood(invite) || state.members.size >= MOST.members) return unchanged(false)
      if (invite.uses === 1) state.invites.delete(code)
      else state.invites.set(code, { ...invite, uses: invite.uses - 1 })
      state.members.set(toHex(member), member)
      state.requests.delete(toHex(member))
      return true
    })
  }

  /** Bans somebody; an earlier ban of the same subject is replaced. @throws {HostBookFullError} */
  async addBan(ban: Ban): Promise<void> {
    await this.#change((state) => {
      for (const [subject, { until }] of state.bans) if (until !== undefined && until <= this.#now()) state.bans.delete(subject)
      put(state, "bans", formatBanSubject(ban.subject), ban)
    })
    this.bans.add(ban)
  }

  /** False when there is no such ban. */
  async removeBan(subject: BanSubject): Promise<boolean> {
    const found = await this.#change(({ bans }) => changedWhen(bans.delete(formatBanSubject(subject))))
    this.bans.remove(subject)
    return found
  }

  #isGood(invite: Invite | undefined): boolean {
    return invite !== undefined && (invite.until === undefined || this.#now() < invite.until)
  }

  #tellMembers(): void {
    this.members.replace([...this.#state.members.values(), ...this.#others])
  }

  /** Changes a copy, makes it durable, and then lets it count. */
  #change<T>(change: (state: Draft) => T | Unchanged<T>): Promise<T> {
    const changed = this.#last.then(async () => {
      const { members, requests, invites, bans } = this.#state
      const draft = { members: new Map(members), requests: new Map(requests), invites: new Map(invites), bans: new Map(bans) }
      const answer = change(draft)
      if (answer instanceof Unchanged) return answer.answer
      await this.#save(draft)
      this.#state = draft
      this.#tellMembers()
      return answer
    })
    this.#last = changed.catch(() => {})
    return changed
  }
}

interface Draft {
  readonly members: Map<string, PublicKey>
  readonly requests: Map<string, MembershipRequest>
  readonly invites: Map<string, Invite>
  readonly bans: Map<string, Ban>
}

/** Nothing has to be written. */
class Unchanged<T> {
  readonly answer: T
  constructor(answer: T) {
    this.answer = answer
  }
}

const unchanged = <T>(answer: T): Unchanged<T> => new Unchanged(answer)

const changedWhen = (found: boolean): boolean | Unchanged<boolean> => (found ? true : unchanged(false))

function put<Name extends keyof Draft>(
  draft: Draft,
  name: Name,
  key: string,
  value: Draft[Name] extends Map<string, infer V> ? V : never,
): void {
  const map: Map<string, unknown> = draft[name]
  if (!map.has(key) && map.size >= MOST[name]) throw new HostBookFullError(`more than ${MOST[name]} ${name}`)
  map.set(key, value)
}
