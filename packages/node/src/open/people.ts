import { decodeProfile, formatUserKey, PROFILE } from "@tessera/mosaic"
import type { PublicKey } from "@tessera/mosaic"
import type { RecordStore } from "@tessera/mosaic-server"
import { ABOUT_LIMIT, NAME_LIMIT } from "../api/contract.ts"
import type { CardView, Person } from "../api/contract.ts"
import { parseIntroduction, safetyWords } from "../card/card.ts"
import { profileOf } from "../follows/follows.ts"
import type { Authors, Follows } from "../follows/follows.ts"
import { displayLine, displayText } from "../profile/profile.ts"
import type { PeopleIndex } from "../profile/profile.ts"
import { Refusal } from "../refusal.ts"

/** Other people as the interface shows them. */
export interface PeopleDesk {
  look(cardText: string, signal: AbortSignal): Promise<CardView>
  follow(cardText: string, petname: string | undefined, signal: AbortSignal): Promise<Person>
  list(): readonly Person[]
  /** @throws {Refusal} `notFound` when nothing is known of them. */
  get(person: PublicKey): Person
  /** Whom the person follows only: what interfaces list. */
  followed(person: PublicKey): Person | undefined
  rename(person: PublicKey, petname: string): Promise<Person>
  unfollow(person: PublicKey): Promise<void>
  /** A picture as WebP. @throws {Refusal} `notFound` also for an earlier version. */
  picture(person: PublicKey, version: string): Promise<Uint8Array>
}

export interface PeopleDeskOptions {
  readonly self: PublicKey
  readonly records: RecordStore
  readonly people: PeopleIndex
  readonly follows: Follows
  readonly authors: Authors
  /** Resolves when everything that was stored so far is in the indexes. */
  readonly settled: () => Promise<void>
}

export function createPeopleDesk({ self, records, people, follows, authors, settled }: PeopleDeskOptions): PeopleDesk {
  const view = (person: PublicKey): Person => {
    const follow = follows.get(person)
    const heard = follows.lastHeard(person)
    return {
      ...authors.describe(person),
      about: people.get(person)?.about ?? "",
      ...(follow?.petname === undefined ? {} : { petname: follow.petname }),
      safetyWords: safetyWords(self, person),
      ...(follow === undefined ? {} : { since: follow.since }),
      connection: follows.connection(person),
      ...(heard === undefined ? {} : { lastHeard: heard }),
    }
  }
  return {
    async look(cardText, signal) {
      const introduction = parseIntroduction(cardText)
      const sight = await follows.look(introduction, signal)
      const person = sight?.person ?? introduction.person
      if (person === undefined) throw new TypeError("follows.look found nobody")
      const profile = sight === undefined ? undefined : profileOf(sight.identity)
      const known = people.get(person)
      const displayName =
        profile === undefined
          ? known?.displayName
          : displayLine(profile.display_name ?? "", NAME_LIMIT) || displayLine(profile.name, NAME_LIMIT)
      const about = profile === undefined ? known?.about : displayText(profile.about ?? "", ABOUT_LIMIT)
      return {
        person: formatUserKey(person),
        ...(displayName === undefined ? {} : { displayName }),
        ...(about === undefined || about === "" ? {} : { about }),
        ...(profile?.avatar === undefined
          ? {}
          : { pictureData: `data:image/webp;base64,${Buffer.from(profile.avatar).toString("base64")}` }),
        safetyWords: safetyWords(self, person),
        reachable: sight !== undefined,
        following: follows.get(person) !== undefined,
      }
    },
    async follow(cardText, petname, signal) {
      const { person } = await follows.follow(parseIntroduction(cardText), petname, signal)
      await settled()
      return view(person)
    },
    list: () => follows.list().map(({ person }) => view(person)),
    get(person) {
      if (follows.get(person) === undefined && people.get(person) === undefined)
        throw new Refusal("notFound", "Nothing is known of this person here.")
      return view(person)
    },
    followed: (person) => (follows.get(person) === undefined ? undefined : view(person)),
    async rename(person, petname) {
      await follows.rename(person, petname)
      return view(person)
    },
    unfollow: (person) => follows.unfollow(person),
    async picture(person, version) {
      const known = people.get(person)
      if (known?.picture === undefined || known.picture !== version) throw new Refusal("notFound", "This picture is not here any more.")
      const { records: found } = await records.query({ authors: [person], signers: [person], kinds: [PROFILE] }, { limit: 16 })
      const record = found.find(({ record: { id } }) => Buffer.compare(id, known.id) === 0)?.record
      const avatar = record === undefined ? undefined : decodeProfile(record.readPayload()).avatar
      if (avatar === undefined) throw new Refusal("notFound", "This picture is not here any more.")
      return avatar
    },
  }
}
