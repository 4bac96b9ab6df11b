import { equalBytes, timestampFromUnixMillis, toHex } from "@tessera/mosaic"
import type { PublicKey } from "@tessera/mosaic"
import type { RecordStore } from "@tessera/mosaic-server"
import { PETNAME_LIMIT } from "../api/contract.ts"
import type { Introduction } from "../card/card.ts"
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
import { DIAL_MS, patience, visitDoor } from "./dial.ts"
import { createOnlooker } from "./look.ts"
import type { Sight } from "./look.ts"
import { createMover } from "./moving.ts"
import { Readers } from "./readers.ts"
import type { ConnectionState } from "./readers.ts"
import { openVisitTable } from "./visits.ts"

export { createAuthors } from "./authors.ts"
export type { Authors } from "./authors.ts"
export { visitDoor } from "./dial.ts"
export type { DoorAddress } from "./dial.ts"
export type { Follow } from "./follow-state.ts"
export { profileOf }
export type { Identity, Sight }

/** Changes of whom the person follows that may wait for one another. */
const MOST_WAITING = 100

const SILENT =
  "Nobody answers there right now. Their device may be off, or out of reach of yours; try again later. With their whole card you can add them at once."
const NAMELESS = "Somebody answers there, but does not say who they are. Ask them for their whole card."

/** Whom the person reads. What resolves is durable. */
export interface Follows extends AsyncDisposable {
  /** Begins to read everybody who is followed; to be called once. */
  start(): void
  list(): readonly Follow[]
  get(person: PublicKey): Follow | undefined
  /**
   * Who the owner of a card or a door is; `undefined` when nobody answers at a card.
   * @throws {Refusal} `ownCard`; `noAnswer` when only the door can say whose it is, and does not.
   */
  look(introduction: Introduction, signal: AbortSignal): Promise<Sight | undefined>
  /** Begins to read somebody; somebody who is read already is read at the card's places from then on. @throws {Refusal} as `look`. */
  follow(introduction: Introduction, petname: string | undefined, signal: AbortSignal): Promise<Follow>
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
  /** The key of the person's own door. */
  readonly ownDoor: PublicKey
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
  const { ports, self, ownDoor, records, state, database } = options
  const now = () => timestampFromUnixMillis(ports.clock.unixMillis())
  const visits = openVisitTable(database)
  const intake = createIntake({ records, now })
  const onlooker = createOnlooker(ports)
  const followed = new Map(state.list(FOLLOW).map(({ value }) => [toHex(value.person), value]))
  const get = (person: PublicKey): Follow | undefined => followed.get(toHex(person))
  const isTrusted = (author: PublicKey): boolean => equalBytes(author, self) || get(author) !== undefined
  const { onConnection, onFailure } = options
  const onHome = (person: PublicKey): void => mover.consider(person)
  const readers = new Readers({ ports, intake, visits, isTrusted, onConnection, onHome, onFailure })
  // One change at a time, so that whoever read somebody has ended before the next one begins.
  const turn = createTurnstile(MOST_WAITING)

  const keep = async (follow: Follow): Promise<Follow> => {
    await state.set(FOLLOW, followKey(follow.person), follow)
    followed.set(toHex(follow.person), follow)
    return follow
  }
  const mover = createMover({
    clock: ports.clock,
    visit: async (address, signal) => (await visitDoor(ports, address, signal))[Symbol.asyncDispose](),
    records,
    followOf: get,
    onFailure,
    move: (person, door) =>
      turn.pass(async () => {
        const before = get(person)
        // Somebody may have been left, or their new card pasted, meanwhile.
        if (before === undefined || equalBytes(before.door, door)) return
        const follow = await keep({ ...before, door })
        await readers.end(person)
        visits.forget(person)
        readers.begin(follow)
      }),
  })
  const requireOther = (person: PublicKey | undefined, door?: PublicKey): void => {
    if ((person !== undefined && equalBytes(person, self)) || (door !== undefined && equalBytes(door, ownDoor)))
      throw new Refusal("ownCard", "This is your own card. Paste the card of somebody else.")
  }
  const look = async (introduction: Introduction, milliseconds: number, signal: AbortSignal): Promise<Sight | undefined> => {
    const sight = await onlooker.look(introduction, milliseconds, signal)
    if (typeof sight !== "string") return sight
    if (introduction.person !== undefined) return undefined
    throw new Refusal("noAnswer", sight === "silent" ? SILENT : NAMELESS)
  }
  return {
    start() {
      for (const follow of followed.values()) {
        readers.begin(follow)
        mover.consider(follow.person)
      }
    },
    list: () => [...followed.values()],
    get,
    async look(introduction, signal) {
      requireOther(introduction.person, introduction.door)
      const sight = await look(introduction, patience(ports), signal)
      requireOther(sight?.person)
      return sight
    },
    async follow(introduction, petname, signal) {
      requireOther(introduction.person, introduction.door)
      const { door, hints } = introduction
      // So that their name is there at once; when nobody answers now, it comes with the first visit.
      const milliseconds = introduction.person === undefined ? patience(ports) : DIAL_MS
      const sight = onlooker.lately(introduction) ?? (await look(introduction, milliseconds, signal))
      const person = introduction.person ?? sight?.person
      requireOther(person)
      if (person === undefined) throw new Refusal("noAnswer", SILENT)
      const identity = sight?.identity
      return turn.pass(async () => {
        const before = get(person)
        const name = petname === undefined ? (before?.petname ?? "") : displayLine(petname, PETNAME_LIMIT)
        const since = before?.since ?? ports.clock.unixMillis()
        // Before the follow itself: when the disk is full here, nobody is followed, rather than followed and not read.
        const known = [identity?.schedule, identity?.profile, identity?.home].filter((record) => record !== undefined)
        if (known.length > 0) await intake.take(known)
        const follow = await keep({ person, door, hints, since, ...(name === "" ? {} : { petname: name }) })
        await readers.end(person)
        // What was read at another door says nothing about this one.
        if (before !== undefined && !equalBytes(before.door, door)) visits.forget(person)
        options.onFollowed(person, true)
        readers.begin(follow)
        mover.consider(person)
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
    async [Symbol.asyncDispose]() {
      await mover[Symbol.asyncDispose]()
      await readers[Symbol.asyncDispose]()
    },
  }
}
