import { useId, useLayoutEffect, useRef } from "preact/hooks"
import type { ComponentChildren } from "preact"
import { dialog } from "../state/dialog.ts"
import { Icon } from "./icon.tsx"

/** A dialog over the page: Escape and Close end it, and the focus returns to where it was. */
export function Dialog({ title, children, class: look = "" }: { title: string; children: ComponentChildren; class?: string }) {
  const element = useRef<HTMLDialogElement>(null)
  const id = useId()
  const close = () => (dialog.value = undefined)

  useLayoutEffect(() => {
    const opener = document.activeElement
    const shown = element.current
    shown?.showModal()
    return () => {
      shown?.close()
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus({ preventScroll: true })
    }
  }, [])

  return (
    <dialog ref={element} class={look} aria-labelledby={id} onClose={close}>
      <div class="dialog-head">
        <h2 id={id}>{title}</h2>
        <button type="button" class="quiet square" aria-label="Close" onClick={close}>
          <Icon name="close" />
        </button>
      </div>
      <div class="dialog-body">{children}</div>
    </dialog>
  )
}
