import { Connection } from "../parts/connection.tsx"
import { Face } from "../parts/face.tsx"
import { PersonName } from "../parts/person-name.tsx"
import { peopleByName, shownAs } from "../state/people.ts"
import { go } from "../state/view.ts"
import { PageLink } from "../parts/page-link.tsx"

const MOST = 10

/** Beside the page where there is room: who is there. */
export function Side() {
  const all = peopleByName.value
  if (all.length === 0) return null
  return (
    <aside class="side" aria-label="Your people">
      <h2>Your people</h2>
      <ul>
        {all.slice(0, MOST).map((person) => (
          <li key={person.person}>
            <Face person={person.person} picture={shownAs(person).picture} class="small" />
            <span>
              <PersonName author={person} />
              <Connection person={person} brief />
            </span>
          </li>
        ))}
      </ul>
      {all.length > MOST && <PageLink onOpen={() => go({ page: "people" })}>All {all.length}</PageLink>}
    </aside>
  )
}
