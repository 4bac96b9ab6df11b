import { PETNAME_LIMIT } from "@tessera/node/api"
import type { CardView } from "@tessera/node/api"
import { useComputed, useSignal } from "@preact/signals"
import { api } from "../api/client.ts"
import { Alert } from "../parts/alert.tsx"
import { BusyButton } from "../parts/busy-button.tsx"
import { Field } from "../parts/field.tsx"
import { Form } from "../parts/form.tsx"
import { SafetyWords, SafetyWordsPurpose } from "../parts/safety-words.tsx"
import { Tile } from "../parts/tile.tsx"
import { useAttempt } from "../parts/use-attempt.ts"
import { show } from "../state/announcement.ts"
import { dialog } from "../state/dialog.ts"
import { me } from "../state/me.ts"
import { people, takePerson } from "../state/people.ts"
import { lookOf, looksOfSeveral } from "../state/same-names.ts"
import { loadTimeline } from "../state/timeline.ts"
import { go } from "../state/view.ts"

/** Whose card it is, before anything is decided. */
export function FoundPerson({ card, found }: { card: string; found: CardView }) {
  const petname = useSignal("")
  const attempt = useAttempt()
  const taken = useComputed(() => {
    const others = [...(people.value?.values() ?? [])].filter((person) => person.person !== found.person)
    const own = me.value
    const all = [...others, ...(own === undefined ? [] : [{ person: own.person, label: own.displayName }])]
    return (
      found.displayName !== undefined &&
      looksOfSeveral([...all, { person: found.person, label: found.displayName }]).has(lookOf(found.displayName))
    )
  })

  const follow = async () => {
    const own = petname.value.trim()
    if ([...own].length > PETNAME_LIMIT) return attempt.refuse(`This name is too long: ${PETNAME_LIMIT} characters are the most.`)
    const done = await attempt.run(async () => {
      const person = await api.follow(card, own === "" ? undefined : own)
      takePerson(person)
      show(`You now read ${person.label}.`)
    })
    if (!done) return
    dialog.value = undefined
    // Their notes come as events too; this also brings those that were here already.
    loadTimeline().catch(() => undefined)
  }

  return (
    <Form class="found" onSubmit={follow}>
      <div class="found-who">
        {found.pictureData === undefined ? (
          <Tile of={found.person} class="large" />
        ) : (
          <span class="tile framed large">
            <img src={found.pictureData} alt="" />
            <Tile of={found.person} class="seal" />
          </span>
        )}
        <div>
          <h3>{found.displayName === undefined ? "Somebody who does not answer right now" : <bdi>{found.displayName}</bdi>}</h3>
          {found.about !== undefined && found.about !== "" && (
            <p class="about" dir="auto">
              {found.about}
            </p>
          )}
          {!found.reachable && (
            <p class="hint">
              Their device is off, or not on a network that reaches yours. You may add them all the same: Tessera keeps looking, and their
              notes come when they are back.
            </p>
          )}
        </div>
      </div>
      <div class="found-words">
        <h3>Safety words</h3>
        <SafetyWords words={found.safetyWords} />
        <p class="hint">
          <SafetyWordsPurpose />
        </p>
      </div>
      {found.following ? (
        <div class="found-actions">
          <p>You read them already.</p>
          <button
            type="button"
            class="plain"
            onClick={() => {
              dialog.value = undefined
              go({ page: "person", person: found.person })
            }}
          >
            Open their page
          </button>
        </div>
      ) : (
        <>
          {(taken.value || found.displayName === undefined) && (
            <Field
              label="Your own name for them"
              value={petname.value}
              onInput={(value) => (petname.value = value)}
              hint={
                taken.value
                  ? "Somebody else here already bears this name: a name of your own keeps them apart."
                  : "So that you know who it is until they answer. Only you see it."
              }
            />
          )}
          <Alert says={attempt.refused} />
          <div class="found-actions">
            <BusyButton busy={attempt.busy} label="Follow" class="primary large" />
          </div>
        </>
      )}
    </Form>
  )
}
