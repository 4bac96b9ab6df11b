import { equalBytes, formatUserKey } from "@tessera/mosaic"
import type { PublicKey } from "@tessera/mosaic"
import type { Author } from "../api/contract.ts"
import { safetyWords } from "../card/card.ts"
import { lookOf } from "../profile/profile.ts"
import type { PeopleIndex } from "../profile/profile.ts"
import type { Follow } from "./follow-state.ts"

/** How people are called beside what they wrote. */
export interface Authors {
  describe(person: PublicKey): Author
}

const STAND_IN = "Someone new"

/** Names people as the person knows them, so that no two who look alike can be taken for one another. */
export function createAuthors(options: {
  readonly self: PublicKey
  readonly people: PeopleIndex
  readonly followOf: (person: PublicKey) => Follow | undefined
  /** Everybody who has a petname. */
  readonly petnamed: () => readonly Follow[]
}): Authors {
  const { self, people, followOf, petnamed } = options
  const looks = new WeakMap<Follow, string>()
  const lookOfPetname = (follow: Follow): string => {
    const look = looks.get(follow) ?? lookOf(follow.petname ?? "")
    looks.set(follow, look)
    return look
  }
  const isShared = (label: string, person: PublicKey): boolean => {
    const look = lookOf(label)
    return (
      people.bearers(look, 2).some((other) => !equalBytes(other, person)) ||
      petnamed().some((follow) => !equalBytes(follow.person, person) && lookOfPetname(follow) === look)
    )
  }
  return {
    describe(person) {
      const known = people.get(person)
      const follow = followOf(person)
      const label = follow?.petname ?? known?.displayName ?? STAND_IN
      const you = equalBytes(person, self)
      const names = [...new Set([known?.displayName, known?.name])].filter((name) => name !== undefined && name !== label)
      // Two of the words that both compare: short enough to show, and nobody chooses them.
      const mark = (): string => safetyWords(self, person).slice(0, 2).join(" ")
      const also =
        !you && isShared(label, person) ? [...names.slice(0, 1), mark()].join(" · ") : follow?.petname === undefined ? undefined : names[0]
      return {
        person: formatUserKey(person),
        label,
        ...(also === undefined ? {} : { alsoKnownAs: also }),
        ...(known?.picture === undefined ? {} : { picture: known.picture }),
        you,
        following: follow !== undefined,
      }
    },
  }
}
