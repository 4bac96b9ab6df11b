import {
  type Address,
  CHAT_MESSAGE,
  type PublicKey,
  type Reference,
  type VerifiedRecord,
  isAddress,
  isPublicKey,
  kindReaders,
  readCoreTag,
} from "@tessera/mosaic"
import { KeyMap } from "../key-map.ts"
import { type Candidate, candidate, candidates } from "./candidates.ts"
import type { RoutingFacts, ServerRole, UnroutedReason } from "./facts.ts"

/** A record names whom it tags. Whoever tags more people reaches the first of them. */
const TAGGED_PEOPLE = 256

/** What is to be published. */
export interface PublishWish {
  readonly record: VerifiedRecord
  /** Who wrote what it replies to, where its Reply tag names an id: only an address names its author. */
  readonly parentAuthor?: PublicKey
  /** Where the room of a chat message is. */
  readonly chatServers?: readonly PublicKey[]
  /** Leaves a record for those tagged at the author's outboxes too, from where the author's other devices get it. */
  readonly ownCopy?: boolean
}

/** For whom a server gets a record, and in which of its roles. */
export interface DeliveryReason {
  readonly role: ServerRole | "chat"
  /** The author, who is tagged, whose record is answered; absent for a chat server. */
  readonly person?: PublicKey
}

export interface Delivery extends Candidate {
  readonly reasons: readonly DeliveryReason[]
}

/** A server or person that the record cannot be brought to. */
export interface Undeliverable extends DeliveryReason {
  /** Absent when no server of theirs is known. */
  readonly server?: PublicKey
  readonly reason: UnroutedReason
}

/** Where a record is to be brought, and where it cannot be. */
export interface PublishPlan {
  /** Each server once. All of them are to get it: redundant ones too. */
  readonly deliveries: readonly Delivery[]
  readonly undeliverable: readonly Undeliverable[]
  /** What it replies to is named by an id whose author nobody knows, so that they do not get it unless it tags them. */
  readonly unknownParent?: Reference
}

/**
 * Which servers get a record.
 *
 * * For everybody: the author's outboxes; the inboxes of those whom a Notify tag names and of the author of what it replies to.
 * * For those tagged: their encryption servers, nobody else's.
 * * For its author alone: the author's outboxes.
 * * A chat message: its chat servers, and the inboxes of those tagged.
 *
 * Of each person the first three servers of the role.
 *
 * @see Specification: kinds, "Server Used"; core_tags, "Notify Public Key"; network, "Server Roles"
 */
export function planPublishing(wish: PublishWish, facts: RoutingFacts): PublishPlan {
  const { record, ownCopy = false } = wish
  const deliveries = new Deliveries(facts)
  const readers = kindReaders(record.kind)
  const tagged = taggedPeople(record)
  if (record.kind === CHAT_MESSAGE) for (const server of wish.chatServers ?? []) deliveries.addServer(server)
  else if (readers !== "tagged" || ownCopy) deliveries.addPerson(record.author, "outbox")
  if (readers === "tagged") for (const person of tagged) deliveries.addPerson(person, "encryption")
  if (readers !== "everybody") return deliveries.plan()
  for (const person of tagged) deliveries.addPerson(person, "inbox")
  const parent = repliesTo(record)
  if (parent === undefined) return deliveries.plan()
  const author = isAddress(parent) ? authorOf(parent) : wish.parentAuthor
  if (author === undefined) return { ...deliveries.plan(), unknownParent: parent }
  deliveries.addPerson(author, "inbox")
  return deliveries.plan()
}

/** Whose bootstraps matter for a record: its author's, of those tagged, of the author of what it answers. */
export function peopleConcerned({ record, parentAuthor }: PublishWish): PublicKey[] {
  const parent = repliesTo(record)
  const author = parent !== undefined && isAddress(parent) ? authorOf(parent) : parentAuthor
  return [record.author, ...taggedPeople(record), ...(author === undefined ? [] : [author])]
}

class Deliveries {
  readonly #facts: RoutingFacts
  readonly #byServer = new KeyMap<Candidate & { readonly reasons: DeliveryReason[] }>()
  readonly #undeliverable: Undeliverable[] = []
  readonly #people = new KeyMap<Set<ServerRole>>()

  constructor(facts: RoutingFacts) {
    this.#facts = facts
  }

  addPerson(person: PublicKey, role: ServerRole): void {
    const roles = this.#people.ensure(person, () => new Set())
    if (roles.has(role)) return
    roles.add(role)
    const { found, unreachable, reason } = candidates(person, role, this.#facts)
    for (const known of found) this.#add(known, { role, person })
    for (const server of unreachable) this.#undeliverable.push({ role, person, server, reason: "noTransport" })
    if (reason !== undefined && unreachable.length === 0) this.#undeliverable.push({ role, person, reason })
  }

  addServer(server: PublicKey): void {
    const known = candidate(server, this.#facts)
    if (known === undefined) this.#undeliverable.push({ role: "chat", server, reason: "noTransport" })
    else this.#add(known, { role: "chat" })
  }

  plan(): PublishPlan {
    return { deliveries: this.#byServer.values(), undeliverable: this.#undeliverable }
  }

  #add(known: Candidate, reason: DeliveryReason): void {
    this.#byServer.ensure(known.server, () => ({ ...known, reasons: [] })).reasons.push(reason)
  }
}

/** Whom its Notify tags name, each once; what is no key names nobody. */
function taggedPeople(record: VerifiedRecord): PublicKey[] {
  const people = new KeyMap<true>()
  for (const tag of record.tags) {
    const core = readCoreTag(tag)
    if (core?.name === "notify" && people.size < TAGGED_PEOPLE && isPublicKey(core.key)) people.set(core.key, true)
  }
  return people.keys()
}

function repliesTo(record: VerifiedRecord): Reference | undefined {
  for (const tag of record.tags) {
    const core = readCoreTag(tag)
    if (core?.name === "reply") return core.reference
  }
  return undefined
}

/** Undefined for an address whose author is no valid key: there is nobody to reach. */
function authorOf(parent: Address): PublicKey | undefined {
  const key = parent.slice(16)
  return isPublicKey(key) ? key : undefined
}
