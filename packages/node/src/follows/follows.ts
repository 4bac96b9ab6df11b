import { equalBytes, timestampFromUnixMillis, toHex } from "@tessera/mosaic"
import type { PublicKey } from "@tessera/mosaic"
import type { RecordStore } from "@tessera/mosaic-server"
import { PETNAME_LIMIT } from "../api/contract.ts"
import type { Card } from "../card/card.ts"
import type { IndexDatabase, Ports } from "../ports.ts"
import { displayLine } from "../profile/profile.ts"
import { Refusal } from "../refusal.ts"
import type { StateStore } from "../state/state.ts"
import { createTurnstile } from "../turnstile.ts"
import { FOLLOW, followKey } from "./follow-state.ts"
import type { Follow } from "./follow-state.ts"
import { profileOf } from "./identity.ts"
import type { Identity } from "./identity.ts"
import { createIntake } from "./intake.ts"
import { createOnlooker } from "./look.ts"
import { Readers } from "./readers.ts"
import type { ConnectionState } from "./readers.ts"
import { openVisitTable } from "./visits.ts"

export { createAuthors } from "./authors.ts"
export type { Authors } from "./authors.ts"
export { visitDoor } from "./dial.ts"
export type { DoorAddress } from "./dial.ts"
export type { Follow } from "./follow-state.ts"
export { profileOf }
export type { Identity }

/** Changes of whom the person follows that may wait for one another. */
const MOST_WAITING = 100

/** Whom the person reads. What resolves is durable. */
export interface Follows extends AsyncDisposable {
  /** Begins to read everybody who is followed; to be called once. */
  start(): void
  list(): readonly Follow[]
  get(person: PublicKey): Follow | undefined
  /** Who the owner of a card is; `undefined` when nobody answers. @throws {Refusal} `ownCard`. */
  look(card: Card, signal: AbortSignal): Promise<Identity | undefined>
  /** Begins to read somebody; somebody who is read already is read at the card's places from then on. @throws {Refusal} `ownCard`. */
  follow(card: Card, petname: string | undefined, signal: AbortSignal): Promise<Follow>
  /** An empty petname takes it away. @throws {Refusal} `notFound` when they are not followed. */
  rename(person: PublicKey, petname: string): Promise<Follow>
  /** Somebody who is not followed is left so. */
  unfollow(person: PublicKey): Promise<void>
  connection(person: PublicKey): ConnectionState
  /** Unix time in milliseconds. */
  lastHeard(person: PublicKey): number | undefined
  /** What is remembered of visits is forgotten: everything is read again. */
  forgetVisits(): void
}

export interface FollowsOptions {
  readonly ports: Pick<Ports, "clock" | "network" | "random">
  readonly self: PublicKey
  readonly records: RecordStore
  readonly state: StateStore
  readonly database: IndexDatabase
  /** Somebody's connection, or when they were last heard, changed. */
  readonly onConnection: (person: PublicKey) => void
  /** Somebody was followed or is no longer; comes before the promise resolves. */
  readonly onFollowed: (person: PublicKey, followed: boolean) => void
  readonly onFailure: (error: unknown) => void
}

/** Nobody is read before `start`. */
export function createFollows(options: FollowsOptions): Follows {
  const { ports, self, records, state, database } = options
  const now = () => timestampFromUnixMillis(ports.clock.unixMillis())
  const visits = openVisitTable(database)
  const intake = createIntake({ records, now })
  const onlooker = createOnlooker(ports)
  const followed = new Map(state.list(FOLLOW).map(({ value }) => [toHex(value.person), value]))
  const get = (person: PublicKey): Follow | undefined => followed.get(toHex(person))
  const isTrusted = (author: PublicKey): boolean => equalBytes(author, self) || get(author) !== undefined
  const readers = new Readers({ ports, intake, visits, isTrusted, onConnection: options.onConnection, onFailure: options.onFailure })
  // One change at a time, so that whoever read somebody has ended before the next one begins.
  const turn = createTurnstile(MOST_WAITING)

  const keep = async (follow: Follow): Promise<Follow> => {
    await state.set(FOLLOW, followKey(follow.person), follow)
    followed.set(toHex(follow.person), follow)
    return follow
  }
  const requireOther = (card: Card): void => {
    if (equalBytes(card.person, self)) throw new Refusal("ownCard", "This is your own card. Paste the card of somebody else.")
  }
  return {
    start() {
      for (const follow of followed.values()) readers.begin(follow)
    },
    list: () => [...followed.values()],
    get,
    async look(card, signal) {
      requireOther(card)
      return onlooker.look(card, signal)
    },
    async follow(card, petname, signal) {
      requireOther(card)
      const { person, door, hints } = card
      // So that their name is there at once; when nobody answers now, it comes with the first visit.
      const identity = onlooker.lately(person) ?? (await onlooker.look(card, signal))
      return turn.pass(async () => {
        const before = get(person)
        const name = petname === undefined ? (before?.petname ?? "") : displayLine(petname, PETNAME_LIMIT)
        const since = before?.since ?? ports.clock.unixMillis()
        // Before the follow itself: when the disk is full here, nobody is followed, rather than followed and not read.
        const known = [identity?.schedule, identity?.profile].filter((record) => record !== undefined)
        if (known.length > 0) await intake.take(known)
        const follow = await keep({ person, door, hints, since, ...(name === "" ? {} : { petname: name }) })
        await readers.end(person)
        // What was read at another door says nothing about this one.
        if (before !== undefined && !equalBytes(before.door, door)) visits.forget(person)
        options.onFollowed(person, true)
        readers.begin(follow)
        return follow
      })
    },
    rename: (person, petname) =>
      turn.pass(async () => {
        const before = get(person)
        if (before === undefined) throw new Refusal("notFound", "You do not follow this person, so there is nobody to rename.")
        const { petname: _, ...rest } = before
        const name = displayLine(petname, PETNAME_LIMIT)
        return keep(name === "" ? rest : { ...rest, petname: name })
      }),
    unfollow: (person) =>
      turn.pass(async () => {
        if (get(person) === undefined) return
        await state.remove(FOLLOW, followKey(person))
        followed.delete(toHex(person))
        await readers.end(person)
        visits.forget(person)
        options.onFollowed(person, false)
      }),
    connection: (person) => readers.connection(person) ?? (get(person) === undefined ? "unreachable" : "connecting"),
    lastHeard: (person) => visits.get(person, "own").heard,
    forgetVisits: () => visits.clear(),
    [Symbol.asyncDispose]: () => readers[Symbol.asyncDispose](),
  }
}
