import { ABOUT_LIMIT, NAME_LIMIT } from "@tessera/node/api"
import { useSignal } from "@preact/signals"
import { useRef } from "preact/hooks"
import { api } from "../api/client.ts"
import { Alert } from "../parts/alert.tsx"
import { BusyButton } from "../parts/busy-button.tsx"
import { Field } from "../parts/field.tsx"
import { Form } from "../parts/form.tsx"
import { PageHead } from "../parts/page-head.tsx"
import { SecretField } from "../parts/secret-field.tsx"
import { useAttempt } from "../parts/use-attempt.ts"
import { show } from "../state/announcement.ts"
import { me } from "../state/me.ts"
import { countCharacters } from "../text/characters.ts"
import { PictureChoice } from "./picture-choice.tsx"
import type { Choice } from "./picture-choice.tsx"

/** How the person appears to others. */
export function ProfilePage() {
  const own = me.value
  const name = useSignal(own?.displayName ?? "")
  const about = useSignal(own?.about ?? "")
  const choice = useSignal<Choice>({ kind: "keep" })
  const passphrase = useSignal("")
  const attempt = useAttempt()
  const secret = useRef<HTMLInputElement>(null)
  if (own === undefined) return null

  const save = async () => {
    const displayName = name.value.trim()
    if (displayName === "") return attempt.refuse("Please type what people should call you.")
    if (countCharacters(displayName) > NAME_LIMIT) return attempt.refuse(`This name is too long: ${NAME_LIMIT} characters are the most.`)
    if (countCharacters(about.value) > ABOUT_LIMIT)
      return attempt.refuse(`What you say about yourself is too long: ${ABOUT_LIMIT.toLocaleString("en")} characters are the most.`)
    if (passphrase.value === "") {
      attempt.refuse("Please type your passphrase, so that nobody but you can change who you are.")
      return secret.current?.focus()
    }
    const picture = choice.value.kind === "keep" ? {} : { picture: choice.value.kind === "remove" ? null : choice.value.picture.bytes }
    const request = { displayName, about: about.value.trim(), passphrase: passphrase.value, ...picture }
    const saved = await attempt.run(async () => (me.value = await api.saveProfile(request)))
    if (!saved) return secret.current?.focus()
    passphrase.value = ""
    choice.value = { kind: "keep" }
    show("Your profile is saved.")
  }

  return (
    <>
      <PageHead title="Profile" />
      <Form class="wall" onSubmit={save}>
        <div class="block">
          <PictureChoice own={own} choice={choice} onProblem={attempt.refuse} />
          <Field
            label="Name"
            value={name.value}
            onInput={(value) => (name.value = value)}
            hint={`In plain letters, where nothing else can be typed, you are ${own.name}.`}
          />
          <Field
            label="About you"
            rows={4}
            value={about.value}
            onInput={(value) => (about.value = value)}
            hint="Everybody who has your card can read this."
          />
        </div>
        <div class="block sealing">
          <SecretField
            label="Passphrase"
            value={passphrase.value}
            onInput={(value) => (passphrase.value = value)}
            inputRef={secret}
            hint="Asked so that nobody but you can change who you are."
          />
          <Alert says={attempt.refused} />
          <BusyButton busy={attempt.busy} label="Save profile" />
        </div>
      </Form>
    </>
  )
}
