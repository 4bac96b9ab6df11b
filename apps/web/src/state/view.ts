import { signal } from "@preact/signals"
import type { NoteAddress, PersonKey } from "@tessera/node/api"

export type View =
  | { readonly page: "home" }
  | { readonly page: "people" }
  | { readonly page: "person"; readonly person: PersonKey }
  | { readonly page: "thread"; readonly note: NoteAddress }
  | { readonly page: "profile" }
  | { readonly page: "settings" }
  | { readonly page: "sheet" }

const HOME: View = { page: "home" }

/** Views by place in the browser's history. They stay in memory: an address or a history entry would be written to disk by the browser. */
let views: { view: View; scrolled: number }[] = [{ view: HOME, scrolled: 0 }]
let place = 0

export const view = signal<View>(HOME)

/** Where the page of the present view was scrolled to when it was left. */
export function scrolledBefore(): number {
  return views[place]?.scrolled ?? 0
}

function leave(): void {
  const here = views[place]
  if (here !== undefined) here.scrolled = scrollY
}

/** Opens a view; the browser's Back returns. */
export function go(next: View): void {
  const same = JSON.stringify(next) === JSON.stringify(view.peek())
  if (same) {
    scrollTo({ top: 0 })
    return
  }
  leave()
  place += 1
  views = [...views.slice(0, place), { view: next, scrolled: 0 }]
  history.pushState(place, "")
  view.value = next
}

/** Returns to where the person came from, or home. */
export function back(): void {
  if (place > 0) history.back()
  else go(HOME)
}

/** Forgets every view, as at the lock. */
export function forgetViews(): void {
  views = [{ view: HOME, scrolled: 0 }]
  place = 0
  history.replaceState(0, "")
  view.value = HOME
}

export function keepHistory(): () => void {
  history.scrollRestoration = "manual"
  history.replaceState(0, "")
  const returned = (event: PopStateEvent) => {
    leave()
    place = typeof event.state === "number" ? event.state : 0
    view.value = views[place]?.view ?? HOME
  }
  addEventListener("popstate", returned)
  return () => removeEventListener("popstate", returned)
}
