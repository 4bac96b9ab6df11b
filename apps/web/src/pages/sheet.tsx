import { useEffect } from "preact/hooks"
import { Brand } from "../parts/brand.tsx"
import { PageHead } from "../parts/page-head.tsx"
import { Qr } from "../parts/qr.tsx"
import { sheet } from "../state/sheet.ts"
import { back, go } from "../state/view.ts"
import { groupsOf } from "../text/groups.ts"
import { dayOf } from "../text/time.ts"

/** The recovery sheet, as it will be on paper. */
export function SheetPage() {
  const made = sheet.value
  useEffect(() => {
    if (made === undefined) go({ page: "settings" })
    return () => (sheet.value = undefined)
  }, [])
  if (made === undefined) return null
  return (
    <>
      <div class="screen-only">
        <PageHead title="Your recovery sheet" returns />
        <p class="lead">Print it, or copy it by hand, and keep it where you keep papers that matter. It is not stored on this device.</p>
        <div class="sheet-actions">
          <button type="button" class="primary" onClick={() => print()}>
            Print
          </button>
          <button type="button" class="plain" onClick={back}>
            Done
          </button>
        </div>
      </div>
      <article class="sheet" aria-label="Recovery sheet">
        <header>
          <Brand />
          <span>Recovery sheet</span>
        </header>
        <h2>
          <bdi>{made.displayName}</bdi>
        </h2>
        <p class="sheet-made">Made on {dayOf(made.madeAt)}</p>
        <Qr code={made.qr} label="The text of this sheet as a code to scan" />
        <h3>The same as text</h3>
        <p class="sheet-text">
          {groupsOf(made.text, 6).map((group, index) => (
            <span key={index}>{group} </span>
          ))}
        </p>
        <h3>What it is for</h3>
        <p>
          With this sheet and the passphrase of that day you become the same person again on a new device: start Tessera, press “I have a
          recovery sheet”, and type or paste the text. The cards you gave away still lead to you. Without the passphrase the sheet is of no
          use to anybody, so do not write it here.
        </p>
        <p>The sheet holds who you are. It does not hold your notes, your people, your picture, or what you said about yourself.</p>
      </article>
    </>
  )
}
