import { announcement } from "../state/announcement.ts"

/** The one place from which the page speaks by itself. */
export function Announcer() {
  const said = announcement.value
  return (
    <div class={said?.seen === true ? "toast" : "unseen"} role="status">
      {said?.text}
    </div>
  )
}
