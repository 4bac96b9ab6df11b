import { equalBytes, timestampFromUnixMillis, toHex } from "@tessera/mosaic"
import type { PublicKey } from "@tessera/mosaic"
import type { RecordStore } from "@tessera/mosaic-server"
import { PETNAME_LIMIT } from "../api/contract.ts"
import type { Card } from "../card/card.ts"
import type { IndexDatabase, Ports } from "../ports.ts"
import { displayLine } from "../profile/profile.ts"
import { Refusal } from "../refusal.ts"
import type { StateStore } from "../state/state.ts"
import { FOLLOW, followKey } from "./follow-state.ts"
import type { Follow } from "./follow-state.ts"
import { profileOf } from "./identity.ts"
import type { Identity } from "./identity.ts"
import { createIntake } from "./intake.ts"
import { createOnlooker } from "./look.ts"
import { readDoor } from "./reader.ts"
import { openVisitTable } from "./visits.ts"
import type { Stream } from "./visits.ts"

export { createAuthors } from "./authors.ts"
export type { Authors } from "./authors.ts"
export { visitDoor } from "./dial.ts"
export type { DoorAddress } from "./dial.ts"
export type { Follow } from "./follow-state.ts"
export { profileOf }
export type { Identity }

export type ConnectionState = "connected" | "connecting" | "unreachable"

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

interface Reading {
  readonly stop: AbortController
  readonly done: Promise<void>
  readonly states: Map<Stream, ConnectionState>
}

/** Nobody is read before `start`. */
export function createFollows(options: FollowsOptions): Follows {
  const { ports, self, records, state, database } = options
  const now = () => timestampFromUnixMillis(ports.clock.unixMillis())
  const visits = openVisitTable(database)
  const intake = createIntake({ records, now })
  const onlooker = createOnlooker(ports)
  const readings = new Map<string, Reading>()
  const get = (person: PublicKey): Follow | undefined => state.get(FOLLOW, followKey(person))

  const begin = (follow: Follow): void => {
    const { person } = follow
    const stop = new AbortController()
    const states = new Map<Stream, ConnectionState>()
    const done = readDoor({
      ports,
      follow,
      intake,
      visits,
      isTrusted: (author) => equalBytes(author, self) || get(author) !== undefined,
      onState(stream, next) {
        const before = states.get(stream)
        // Trying again after a failure is not yet a new chance: it stays out of reach until it answers.
        const connection =
          next === "catchingUp" || next === "live"
            ? "connected"
            : next === "waiting" || before === "unreachable"
              ? "unreachable"
              : "connecting"
        states.set(stream, connection)
        if (stream === "own" && connection !== before) options.onConnection(person)
      },
      onFailure: options.onFailure,
      signal: stop.signal,
    })
    done.catch(options.onFailure)
    readings.set(toHex(person), { stop, done, states })
  }
  const end = async (person: PublicKey): Promise<void> => {
    const reading = readings.get(toHex(person))
    readings.delete(toHex(person))
    reading?.stop.abort()
    await reading?.done.catch(() => undefined)
  }
  const requireOther = (card: Card): void => {
    if (equalBytes(card.person, self)) throw new Refusal("ownCard", "This is your own card. Paste the card of somebody else.")
  }
  return {
    start() {
      for (const { value } of state.list(FOLLOW)) begin(value)
    },
    list: () => state.list(FOLLOW).map(({ value }) => value),
    get,
    async look(card, signal) {
      requireOther(card)
      return onlooker.look(card, signal)
    },
    async follow(card, petname, signal) {
      requireOther(card)
      const before = get(card.person)
      const name = petname === undefined ? before?.petname : displayLine(petname, PETNAME_LIMIT)
      const since = before?.since ?? ports.clock.unixMillis()
      const follow: Follow = {
        person: card.person,
        door: card.door,
        hints: card.hints,
        since,
        ...(name === undefined || name === "" ? {} : { petname: name }),
      }
      // So that their name is there at once; when nobody answers now, it comes with the first visit.
      const identity = onlooker.lately(card.person) ?? (await onlooker.look(card, signal))
      await state.set(FOLLOW, followKey(card.person), follow)
      const known = [identity?.schedule, identity?.profile].filter((record) => record !== undefined)
      if (known.length > 0) await intake.take(known)
      await end(card.person)
      options.onFollowed(card.person, true)
      begin(follow)
      return follow
    },
    async rename(person, petname) {
      const before = get(person)
      if (before === undefined) throw new Refusal("notFound", "You do not follow this person, so there is nobody to rename.")
      const { petname: _, ...rest } = before
      const name = displayLine(petname, PETNAME_LIMIT)
      const follow: Follow = name === "" ? rest : { ...rest, petname: name }
      await state.set(FOLLOW, followKey(person), follow)
      return follow
    },
    async unfollow(person) {
      if (get(person) === undefined) return
      await state.remove(FOLLOW, followKey(person))
      await end(person)
      visits.forget(person)
      options.onFollowed(person, false)
    },
    connection: (person) => readings.get(toHex(person))?.states.get("own") ?? (get(person) === undefined ? "unreachable" : "connecting"),
    lastHeard: (person) => visits.get(person, "own").heard,
    forgetVisits: () => visits.clear(),
    async [Symbol.asyncDispose]() {
      const all = [...readings.values()]
      readings.clear()
      for (const { stop } of all) stop.abort()
      await Promise.allSettled(all.map(({ done }) => done))
    },
  }
}
