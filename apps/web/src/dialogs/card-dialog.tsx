import { useSignal } from "@preact/signals"
import { useId, useRef } from "preact/hooks"
import { Dialog } from "../parts/dialog.tsx"
import { Icon } from "../parts/icon.tsx"
import { Qr } from "../parts/qr.tsx"
import { tell } from "../state/announcement.ts"
import { me } from "../state/me.ts"

/** The person's own card, to be given away. */
export function CardDialog() {
  const own = me.value
  const id = useId()
  const link = useRef<HTMLTextAreaElement>(null)
  const copied = useSignal<"" | "yes" | "by hand">("")
  if (own === undefined) return null

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(own.card.link)
      copied.value = "yes"
      tell("The link is copied.")
    } catch {
      link.current?.select()
      copied.value = "by hand"
      tell("Your browser does not let this page copy. The link is selected; copy it with Control and C.")
    }
  }

  return (
    <Dialog title="My card" class="card-dialog" light>
      <p>Whoever has your card can read what you write for everyone. Let a friend scan it, or send them the link.</p>
      <Qr code={own.card.qr} label="Your card as a code to scan" />
      <div class="field">
        <label for={id}>Card link</label>
        <div class="link-row">
          <textarea
            ref={link}
            id={id}
            class="code"
            dir="ltr"
            rows={3}
            readOnly
            value={own.card.link}
            autocomplete="off"
            spellcheck={false}
            onFocus={(event) => event.currentTarget.select()}
          />
          <button type="button" class="primary" onClick={copy}>
            <Icon name="copy" />
            {copied.value === "yes" ? "Copied" : "Copy"}
          </button>
        </div>
        {copied.value === "by hand" && (
          <p class="hint">Your browser does not let this page copy. The link is selected: press Ctrl and C.</p>
        )}
      </div>
      <Reach />
    </Dialog>
  )
}

/** Who can reach the person now. */
function Reach() {
  const connections = me.value?.connections
  const listening = connections?.listening
  const elsewhere = listening?.addresses.filter((address) => !isOwn(address)) ?? []
  return (
    <div class="reach">
      <h3>Who can reach you now</h3>
      {listening === undefined ? (
        <p>
          <span class="connection unreachable">Nobody, for the moment.</span> {connections?.trouble}
        </p>
      ) : elsewhere.length === 0 ? (
        <p>
          <span class="connection connecting">Only this device itself: it is on no network.</span>
        </p>
      ) : (
        <>
          <p>
            <span class="connection connected">Friends on the same network as this device.</span>
          </p>
          <p class="hint">
            There it answers at {elsewhere.join(" or ")}, number {listening.port}.
          </p>
        </>
      )}
    </div>
  )
}

/** Whether an address leads from this device to itself. */
function isOwn(address: string): boolean {
  return address.startsWith("127.") || address === "::1" || address === "localhost"
}
