/** The mark: a T of tiles, one of them warm. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 30 30" aria-hidden="true" focusable="false">
      <path class="mark-rest" d="M0 11h8v8H0zM22 11h8v8h-8zM0 22h8v8H0zM22 22h8a8 8 0 0 1-8 8z" />
      <path class="mark-stem" d="M0 0h8v8H0zM22 0h8v8h-8zM11 11h8v8h-8zM11 22h8v8h-8z" />
      <path class="mark-warm" d="M11 0h8v8h-8z" />
    </svg>
  )
}

export function Brand() {
  return (
    <span class="brand">
      <Mark />
      <span class="brand-name">Tessera</span>
    </span>
  )
}
