import { useId, useLayoutEffect, useRef } from "preact/hooks"
import type { ComponentChildren } from "preact"
import { dialog } from "../state/dialog.ts"
import { Icon } from "./icon.tsx"

interface DialogProps {
  readonly title: string
  readonly children: ComponentChildren
  readonly class?: string
  /** Nothing is typed here, so a press beside it closes it too. */
  readonly light?: boolean
}

/** A dialog over the page: Escape and Close end it, and the focus returns to where it was. */
export function Dialog({ title, children, class: look = "", light }: DialogProps) {
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
    <dialog
      ref={element}
      class={look}
      aria-labelledby={id}
      onClose={close}
      onClick={(event) => light === true && event.target === event.currentTarget && close()}
    >
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
