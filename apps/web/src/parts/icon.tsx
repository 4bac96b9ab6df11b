const PATHS = {
  home: "M3 10.5 12 3l9 7.5V21h-6v-6H9v6H3z",
  people: "M3 9h8v8H3zM13 5h8v8h-8zM13 16h5v5h-5z",
  profile: "M4 4h16v16H4zM12 7.5a2.6 2.6 0 1 1 0 5.2 2.6 2.6 0 0 1 0-5.2zM7 20c.4-3.200 2.300-5 5-5s4.600 1.800 5 5",
  settings: "M4 7h9M17 7h3M4 17h3M11 17h9M13 5h4v4h-4zM7 15h4v4H7z",
  card: "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2v2h-2zM18 18h2v2h-2zM18 14h2M14 19v1",
  add: "M12 5v14M5 12h14",
  back: "M14 6l-6 6 6 6",
  close: "M6 6l12 12M18 6L6 18",
  answer: "M9 8l-5 4.500L9 17M4.500 12.500H14a6 6 0 0 1 6 6V19",
  talk: "M4 5h16v11H11l-4 4v-4H4z",
  edit: "M5 19l1-4L16 5l3 3L9 18z",
  up: "M12 19V6M6 11l6-6 6 6",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
} as const

export type IconName = keyof typeof PATHS

/** A line drawing beside words; it never stands alone. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  )
}
