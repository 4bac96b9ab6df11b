import { computed, signal } from "@preact/signals"
import type { Author, Person, PersonKey } from "@tessera/node/api"
import { api } from "../api/client.ts"
import { me } from "./me.ts"
import { timeline } from "./timeline.ts"
import { lookOf, looksOfSeveral } from "./same-names.ts"

/** Those whom this person reads, by key. Undefined until they are loaded. */
export const people = signal<ReadonlyMap<PersonKey, Person> | undefined>(undefined)

const collator = new Intl.Collator(undefined, { sensitivity: "base", numeric: true })

export const peopleByName = computed(() => [...(people.value?.values() ?? [])].sort((a, b) => collator.compare(a.label, b.label)))

/**
 * The looks of names that more than one person here bears, one a line: a text, so that a new note changes it only when it brings
 * a namesake, and the notes that are there are not drawn again.
 */
const sharedLooks = computed(() => {
  const own = me.value
  const everybody = [
    ...(people.value?.values() ?? []),
    ...(timeline.value ?? []).map((note) => note.author),
    ...(own === undefined ? [] : [{ person: own.person, label: own.displayName }]),
  ]
  return [...looksOfSeveral(everybody)].sort().join("\n")
})
const shared = computed(() => new Set(sharedLooks.value.split("\n")))

export async function loadPeople(): Promise<void> {
  const list = await api.people()
  people.value = new Map(list.people.map((person) => [person.person, person]))
}

export function takePerson(person: Person): void {
  people.value = new Map(people.peek()).set(person.person, person)
}

export function dropPerson(key: PersonKey): void {
  const rest = new Map(people.peek())
  if (rest.delete(key)) people.value = rest
}

/** What is shown beside a name so that nobody is taken for somebody else. */
export interface Shown {
  readonly label: string
  /** What they call themselves, where it says more than the label. */
  readonly alsoKnownAs?: string
  /** The first safety words, where two people bear one name. */
  readonly mark?: string
  readonly picture?: string
}

/** The newest that is known of an author: a changed petname or picture shows everywhere at once. */
export function shownAs(author: Author): Shown {
  const own = me.value
  if (author.you && own !== undefined) {
    return { label: own.displayName, ...(own.picture === undefined ? {} : { picture: own.picture }) }
  }
  const known = people.value?.get(author.person)
  const { label, alsoKnownAs, picture } = known ?? author
  const mark = shared.value.has(lookOf(label)) ? known?.safetyWords.slice(0, 2).join(" ") : undefined
  return {
    label,
    ...(alsoKnownAs === undefined || alsoKnownAs === label ? {} : { alsoKnownAs }),
    ...(mark === undefined ? {} : { mark }),
    ...(picture === undefined ? {} : { picture }),
  }
}
