import { Connection } from "../parts/connection.tsx"
import { Face } from "../parts/face.tsx"
import { Qr } from "../parts/qr.tsx"
import { PersonName } from "../parts/person-name.tsx"
import { people, peopleByName, shownAs } from "../state/people.ts"
import { me } from "../state/me.ts"
import { go } from "../state/view.ts"
import { PageLink } from "../parts/page-link.tsx"

const MOST = 10

/** Beside the page where there is room: who is there; while nobody is, the card to give away. */
export function Side() {
  const all = peopleByName.value
  if (people.value === undefined) return <aside class="side" aria-label="Your people" />
  if (all.length === 0) return <OwnCard />
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

function OwnCard() {
  const own = me.value
  if (own === undefined) return null
  return (
    <aside class="side" aria-label="Your card">
      <h2>Your card</h2>
      <Qr code={own.card.qr} label="Your card, small" />
      <p class="hint">Let a friend scan it, and they can read you.</p>
    </aside>
  )
}
