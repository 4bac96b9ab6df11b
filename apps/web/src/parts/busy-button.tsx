/** The button that ends a form. While the node works it keeps its name and place, and a second press does nothing. */
export function BusyButton({ busy, label, class: look = "primary" }: { busy: boolean; label: string; class?: string }) {
  return (
    <button
      type="submit"
      class={`${look} ${busy ? "busy" : ""}`}
      aria-disabled={busy ? "true" : undefined}
      aria-busy={busy ? "true" : undefined}
    >
      <span>{label}</span>
      <span class="laying" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
    </button>
  )
}
