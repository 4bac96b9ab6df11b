import type { ComponentChildren } from "preact"

/** Opens a page of this interface. Not an anchor: its address would say where the person goes, and browsers write addresses down. */
export function PageLink({ onOpen, class: look = "", children }: { onOpen: () => void; class?: string; children: ComponentChildren }) {
  return (
    <button type="button" role="link" class={`link ${look}`} onClick={onOpen}>
      {children}
    </button>
  )
}
