import type { PersonKey } from "@tessera/node/api"

interface Named {
  readonly person: PersonKey
  readonly label: string
}

/** What the eye sees of a name: without case, marks, spaces and what cannot be seen. */
export function lookOf(label: string): string {
  return label
    .normalize("NFKD")
    .replace(/[\p{M}\p{Cf}\p{Z}\p{P}]/gu, "")
    .toLowerCase()
}

/** The looks that two or more people share. */
export function looksOfSeveral(everybody: readonly Named[]): ReadonlySet<string> {
  const bearers = new Map<string, PersonKey>()
  const several = new Set<string>()
  for (const { person, label } of everybody) {
    const look = lookOf(label)
    const first = bearers.get(look)
    if (first === undefined) bearers.set(look, person)
    else if (first !== person) several.add(look)
  }
  return several
}
