import { useSignal } from "@preact/signals"
import type { CardView } from "@tessera/node/api"
import { useEffect, useRef } from "preact/hooks"
import { api } from "../api/client.ts"
import { sentenceFor } from "../api/refusal.ts"
import { Alert } from "../parts/alert.tsx"
import { Dialog } from "../parts/dialog.tsx"
import { Field } from "../parts/field.tsx"
import { looksWhole } from "../text/card-link.ts"
import { FoundPerson } from "./found-person.tsx"

/** A whole card is looked up at once; anything else when typing rests, so that the node can say what is wrong with it. */
const REST = 700

/** Looks a card up and shows whose it is. */
export function AddDialog({ card: given = "" }: { card?: string }) {
  const card = useSignal(given)
  const found = useSignal<CardView | undefined>(undefined)
  const refused = useSignal("")
  const looking = useSignal(false)
  const box = useRef<HTMLInputElement & HTMLTextAreaElement>(null)

  useEffect(() => {
    if (given === "") box.current?.focus()
  }, [])

  useEffect(() => {
    found.value = undefined
    refused.value = ""
    looking.value = false
    const text = card.value.trim()
    if (text === "") return undefined
    const asked = new AbortController()
    const look = async () => {
      looking.value = true
      try {
        const view = await api.lookAtCard(text, asked.signal)
        if (!asked.signal.aborted) found.value = view
      } catch (error) {
        if (!asked.signal.aborted) refused.value = sentenceFor(error)
      } finally {
        if (!asked.signal.aborted) looking.value = false
      }
    }
    const timer = setTimeout(() => void look(), looksWhole(text) ? 60 : REST)
    return () => {
      clearTimeout(timer)
      asked.abort()
    }
  }, [card.value])

  return (
    <Dialog title="Add someone" class="add-dialog">
      <form autocomplete="off" onSubmit={(event) => event.preventDefault()}>
        <Field
          label="Paste a card"
          value={card.value}
          onInput={(value) => (card.value = value)}
          rows={3}
          code
          invalid={refused.value !== ""}
          hint="A card is a link that begins with tessera: and comes from the person you want to read."
          inputRef={box}
        />
      </form>
      <p class="looking" role="status">
        {looking.value && "Looking for them…"}
      </p>
      <Alert says={refused.value} />
      {found.value !== undefined && <FoundPerson key={card.value} card={card.value.trim()} found={found.value} />}
    </Dialog>
  )
}
