import { Connection } from "../parts/connection.tsx"
import { Face } from "../parts/face.tsx"
import { PageHead } from "../parts/page-head.tsx"
import { PersonName } from "../parts/person-name.tsx"
import { people, peopleByName } from "../state/people.ts"
import { shownAs } from "../state/people.ts"

/** Everybody whom this person reads. */
export function PeoplePage() {
  const all = peopleByName.value
  return (
    <>
      <PageHead title="People" />
      {people.value !== undefined && all.length === 0 && (
        <div class="empty">
          <h2>Nobody here yet.</h2>
          <p>Ask a friend for their card, then press “Add someone”. To be read by them, give them yours.</p>
        </div>
      )}
      <ul class="wall people" aria-busy={people.value === undefined}>
        {all.map((person) => (
          <li key={person.person} class="person-row">
            <Face person={person.person} picture={shownAs(person).picture} />
            <div class="person-row-main">
              <PersonName author={person} />
              <Connection person={person} />
              {person.about !== "" && (
                <p class="person-about" dir="auto">
                  {person.about}
                </p>
              )}
            </div>
          </li>
        ))}
      </ul>
    </>
  )
}
