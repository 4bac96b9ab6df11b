import { type Filter, type PublicKey, USED_SERVERS, notifyTag } from "@tessera/mosaic"
import { KeyMap, sortedKeys } from "../key-map.ts"
import { type Candidate, candidates } from "./candidates.ts"
import { cover } from "./cover.ts"
import { AVOIDED, type RoutingFacts, type ServerRole, type UnroutedReason } from "./facts.ts"
import { type Narrowing, authorFilters, withKinds } from "./filters.ts"

/** From how many of their outboxes people are read when nothing is said: two, so that one that leaves something out is noticed. */
const REDUNDANCY = 2

/** To read what some people publish. */
export interface AuthorsWish extends Narrowing {
  readonly authors: readonly PublicKey[]
  /** From how many of their outboxes each is read, 1 to 3; 2 when not given. */
  readonly redundancy?: number
  /** Proves who asks. Strangers' outboxes answer without, and need not know who reads whom. */
  readonly asSelf?: boolean
}

/** To read what tags somebody, at their inbox servers, or what is for them alone, at their encryption servers. */
export interface TaggedWish extends Narrowing {
  readonly person: PublicKey
  readonly role: "inbox" | "encryption"
}

/** What to ask one server. */
export interface ServerRead extends Candidate {
  readonly role: ServerRole
  /** Whose records are asked for, or who is tagged in them. */
  readonly people: readonly PublicKey[]
  /** To be asked all of them; none is longer than the specification allows. */
  readonly filters: readonly Filter[]
  /** Whether the server must know who asks. */
  readonly asSelf: boolean
}

/** From where to read what was wished, and what cannot be read. */
export interface ReadPlan {
  readonly reads: readonly ServerRead[]
  /** Who cannot be read, and why. */
  readonly unread: readonly { readonly person: PublicKey; readonly role: ServerRole; readonly reason: UnroutedReason }[]
}

/**
 * Where to read people: at their outboxes, few servers for all of them together, each person at `redundancy` of their first three.
 *
 * The same wish and facts give the same plan, in whatever order the authors stand. Time grows with their number.
 *
 * @throws {RangeError} for a `redundancy` that is not 1, 2 or 3.
 * @see Specification: network, "Outbox"; bootstrap, "Usage of servers and limits on their number"
 */
export function planReading(wish: AuthorsWish, facts: RoutingFacts): ReadPlan {
  const { authors, redundancy = REDUNDANCY, asSelf = false, ...narrowing } = wish
  if (![1, 2, USED_SERVERS].includes(redundancy)) throw new RangeError(`redundancy: ${redundancy}, 1 to 3 expected`)
  const unread: ReadPlan["unread"][number][] = []
  const readable: PublicKey[] = []
  const sets = new ServerSets(facts)
  for (const person of sortedKeys(authors)) {
    const { found, reason } = candidates(person, "outbox", facts)
    if (reason === undefined) {
      readable.push(person)
      sets.add(found)
    } else {
      unread.push({ person, role: "outbox", reason })
    }
  }
  const reads = sets.choose(redundancy).map(({ server, urls, items }): ServerRead => {
    const people = items.flatMap((item) => readable[item] ?? [])
    return { server, urls, role: "outbox", people, filters: authorFilters(people, narrowing), asSelf }
  })
  return { reads, unread }
}

/** Where to read what others wrote to somebody: at all of their first three servers of the role, since each sender may have reached only some. */
export function planReadingTagged({ person, role, ...narrowing }: TaggedWish, facts: RoutingFacts): ReadPlan {
  const { found, reason } = candidates(person, role, facts)
  const filters = withKinds({ ...narrowing, includedTags: [[notifyTag(person)]] })
  return {
    reads: found.map((known) => ({ ...known, role, people: [person], filters, asSelf: true })),
    unread: reason === undefined ? [] : [{ person, role, reason }],
  }
}

/** The servers that people can be read at. */
class ServerSets {
  readonly #facts: RoutingFacts
  readonly #servers = new KeyMap<{ readonly number: number; readonly urls: readonly string[]; votes: number }>()
  readonly #memberships: number[][] = []

  constructor(facts: RoutingFacts) {
    this.#facts = facts
  }

  add(found: readonly Candidate[]): void {
    const numbers = found.map(({ server, urls }, place) => {
      const entry = this.#servers.ensure(server, () => ({ number: this.#servers.size, urls, votes: 0 }))
      entry.votes += USED_SERVERS - place
      return entry.number
    })
    this.#memberships.push(numbers)
  }

  /** Healthy servers first; the others for whom these do not suffice. */
  choose(redundancy: number): (Candidate & { readonly items: readonly number[] })[] {
    const servers = Array.from(this.#servers, ([server, entry]) => ({ server, ...entry }))
    const health = servers.map(({ server }) => this.#facts.health?.(server) ?? 1)
    const ranks = this.#ranks(health)
    const needs = this.#memberships.map((sets) => Math.min(redundancy, sets.length))
    const isHealthy = (set: number): boolean => (health[set] ?? 0) >= AVOIDED
    const chosen = [true, false].map((healthy) => {
      const memberships = this.#memberships.map((sets) => sets.filter((set) => isHealthy(set) === healthy))
      return cover(memberships, needs, ranks)
    })
    return chosen
      .flatMap((sets) => Array.from(sets))
      .flatMap(([set, items]) => {
        const known = servers[set]
        return known === undefined ? [] : [{ server: known.server, urls: known.urls, items }]
      })
  }

  /** Among servers that help as many: the healthier, then the one that people prefer, then by key. */
  #ranks(health: readonly number[]): number[] {
    const order = Array.from(this.#servers, ([server, { number, votes }]) => ({ server, number, votes, health: health[number] ?? 0 }))
    const keyOrder = new KeyMap<number>()
    sortedKeys(order.map(({ server }) => server)).forEach((server, place) => keyOrder.set(server, place))
    const place = (server: PublicKey): number => keyOrder.get(server) ?? 0
    order.sort((a, b) => b.health - a.health || b.votes - a.votes || place(a.server) - place(b.server))
    const ranks: number[] = []
    order.forEach(({ number }, rank) => (ranks[number] = rank))
    return ranks
  }
}
