import { useEffect, useRef } from "preact/hooks"
import type { ComponentChildren } from "preact"
import { back } from "../state/view.ts"
import { Icon } from "./icon.tsx"

/** The heading of a page; takes the focus when the page opens, so that a listener hears where they are. */
export function PageHead({ title, unseen, returns }: { title: ComponentChildren; unseen?: boolean; returns?: boolean }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    // Not over a field that was focused meanwhile, nor over an open dialog.
    if (document.activeElement === document.body) heading.current?.focus({ preventScroll: true })
  }, [])
  return (
    <div class={unseen === true ? "unseen" : "page-head"}>
      {returns === true && (
        <button type="button" class="quiet square" aria-label="Back" onClick={back}>
          <Icon name="back" />
        </button>
      )}
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
    </div>
  )
}
