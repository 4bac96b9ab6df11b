import { PETNAME_LIMIT } from "@tessera/node/api"
import type { Person, PersonKey } from "@tessera/node/api"
import { useSignal } from "@preact/signals"
import { api } from "../api/client.ts"
import { NoteTile } from "../notes/note-tile.tsx"
import { Alert } from "../parts/alert.tsx"
import { BusyButton } from "../parts/busy-button.tsx"
import { Connection } from "../parts/connection.tsx"
import { Face } from "../parts/face.tsx"
import { Field } from "../parts/field.tsx"
import { Form } from "../parts/form.tsx"
import { PageHead } from "../parts/page-head.tsx"
import { SafetyWords, SafetyWordsPurpose } from "../parts/safety-words.tsx"
import { useAttempt } from "../parts/use-attempt.ts"
import { show } from "../state/announcement.ts"
import { people, shownAs, takePerson } from "../state/people.ts"
import { timeline } from "../state/timeline.ts"
import { dayOf } from "../text/time.ts"
import { countCharacters } from "../text/characters.ts"
import { StopReading } from "./stop-reading.tsx"

/** One person: who they are, how to be sure of it, and what they wrote lately. */
export function PersonPage({ person: key }: { person: PersonKey }) {
  const person = people.value?.get(key)
  const notes = (timeline.value ?? []).filter((note) => note.author.person === key)
  const author = person ?? notes[0]?.author
  if (author === undefined) {
    return (
      <>
        <PageHead title="Somebody" returns />
        <p class="missing">Nothing more is known about them here.</p>
      </>
    )
  }
  const { label, alsoKnownAs, mark, picture } = shownAs(author)
  return (
    <>
      <PageHead returns title={<bdi>{label}</bdi>} />
      <div class="wall">
        <section class="block person-card" aria-label="Who they are">
          <Face person={key} picture={picture} class="huge" />
          <div>
            {alsoKnownAs !== undefined && (
              <p class="hint">
                They call themselves <bdi>{alsoKnownAs}</bdi>.
              </p>
            )}
            {mark !== undefined && <p class="hint">Somebody else here has the same name; these two words tell them apart: {mark}</p>}
            {person === undefined ? (
              <p>Not one of your people. To read all they write, ask them for their card.</p>
            ) : (
              <>
                <p dir="auto" class="about">
                  {person.about === "" ? <span class="hint">They have not said anything about themselves yet.</span> : person.about}
                </p>
                <Connection person={person} />
              </>
            )}
          </div>
        </section>
        {person !== undefined && (
          <>
            <section class="block">
              <h2>Safety words</h2>
              <SafetyWords words={person.safetyWords} />
              <p class="hint">
                <SafetyWordsPurpose />
              </p>
            </section>
            <OwnName key={person.petname} person={person} />
          </>
        )}
      </div>
      {notes.length > 0 && (
        <section class="latest">
          <h2>Lately</h2>
          <div class="wall">
            {notes.slice(0, 20).map((note) => (
              <NoteTile key={note.address} note={note} />
            ))}
          </div>
        </section>
      )}
      {person !== undefined && (
        <footer class="person-foot">
          {person.since !== undefined && <p class="hint">You have read them since {dayOf(person.since)}.</p>}
          <StopReading person={person} />
        </footer>
      )}
    </>
  )
}

/** The name that only this person sees. */
function OwnName({ person }: { person: Person }) {
  const petname = useSignal(person.petname ?? "")
  const attempt = useAttempt()
  const save = async () => {
    const next = petname.value.trim()
    if (countCharacters(next) > PETNAME_LIMIT) attempt.refuse(`This name is too long: ${PETNAME_LIMIT} characters are the most.`)
    else if (await attempt.run(async () => takePerson(await api.rename(person.person, next)))) show("The name is saved.")
  }
  return (
    <section class="block">
      <h2>Your own name for them</h2>
      <Form class="one-line" onSubmit={save}>
        <Field
          label="What you call them"
          value={petname.value}
          onInput={(value) => (petname.value = value)}
          hint="Only you see it. Leave it empty to use the name they gave themselves."
        />
        <BusyButton busy={attempt.busy} label="Save name" class="plain" />
      </Form>
      <Alert says={attempt.refused} />
    </section>
  )
}
