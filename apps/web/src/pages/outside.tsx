import { stage } from "../state/session.ts"
import { Gate } from "./gate.tsx"

/** For whoever opened the page without the address that lets in. */
export function Outside() {
  const ended = stage.value === "ended"
  return (
    <Gate spelled="">
      <h1>{ended ? "This page is from an earlier time" : "This page needs its own address"}</h1>
      <p class="lead">
        {ended
          ? "Tessera was started anew since this page was opened, and each start has an address of its own."
          : "So that nobody else on this device can look in, each start of Tessera has an address of its own, and this page was opened without it."}
      </p>
      <ul class="steps">
        <li>
          Starting Tessera opens the right page by itself: <code>npm start</code> or <code>./tessera start</code> in its folder.
        </li>
        <li>
          Is it running already? Its window shows an address that begins with “http://127.0.0.1”. Open the whole of it, with all that stands
          behind the #.
        </li>
      </ul>
    </Gate>
  )
}
