import { signal } from "@preact/signals"
import { parseFragment } from "./fragment.ts"

/** The only thing that this page keeps in the browser: it is worthless once the node has ended. */
const KEY = "tessera"

/** The token of this start of the node; empty when the page was opened without one. */
export const token = signal("")

/** Takes token and card out of the address, so that neither stays in the bar or in the history; returns the card if there is one. */
export function takeFragment(): string | undefined {
  const fragment = parseFragment(location.hash)
  if (location.hash !== "") history.replaceState(history.state, "", location.pathname)
  if (fragment.token !== undefined) sessionStorage.setItem(KEY, fragment.token)
  token.value = sessionStorage.getItem(KEY) ?? ""
  return fragment.card
}

/** Forgets a token that the node no longer takes. */
export function forgetToken(): void {
  sessionStorage.removeItem(KEY)
  token.value = ""
}
