import type { ComponentChildren } from "preact"

/** A form that the page itself sends, and of which the browser keeps nothing. */
export function Form({
  onSubmit,
  children,
  class: look = "",
  label,
}: {
  onSubmit: () => unknown
  children: ComponentChildren
  class?: string
  label?: string
}) {
  return (
    <form
      class={look}
      autocomplete="off"
      noValidate
      aria-label={label}
      onSubmit={(event) => {
        event.preventDefault()
        onSubmit()
      }}
    >
      {children}
    </form>
  )
}
