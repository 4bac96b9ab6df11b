import { useLayoutEffect } from "preact/hooks"
import { Brand } from "../parts/brand.tsx"
import { Icon } from "../parts/icon.tsx"
import { Home } from "../pages/home.tsx"
import { PeoplePage } from "../pages/people.tsx"
import { PersonPage } from "../pages/person.tsx"
import { ProfilePage } from "../pages/profile.tsx"
import { SettingsPage } from "../pages/settings.tsx"
import { SheetPage } from "../pages/sheet.tsx"
import { ThreadPage } from "../pages/thread.tsx"
import { dialog } from "../state/dialog.ts"
import { go, scrolledBefore, view } from "../state/view.ts"
import type { View } from "../state/view.ts"
import { Navigation } from "./navigation.tsx"
import { Side } from "./side.tsx"
import { StatusLine } from "./status-line.tsx"

function Page({ at }: { at: View }) {
  switch (at.page) {
    case "home":
      return <Home />
    case "people":
      return <PeoplePage />
    case "person":
      return <PersonPage key={at.person} person={at.person} />
    case "thread":
      return <ThreadPage key={at.note} note={at.note} />
    case "profile":
      return <ProfilePage />
    case "settings":
      return <SettingsPage />
    case "sheet":
      return <SheetPage />
  }
}

/** Everything around a page once the person is in. */
export function Shell() {
  const at = view.value
  useLayoutEffect(() => scrollTo({ top: scrolledBefore(), behavior: "instant" }), [at])
  return (
    <div class="shell">
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault()
          document.querySelector<HTMLElement>("#main")?.focus()
        }}
      >
        Skip to the page
      </a>
      <header class="rail">
        <button type="button" role="link" class="brand-link" aria-label="Tessera, home" onClick={() => go({ page: "home" })}>
          <Brand />
        </button>
        <Navigation />
        <div class="actions">
          <button type="button" class="plain" onClick={() => (dialog.value = { name: "card" })}>
            <Icon name="card" />
            My card
          </button>
          <button type="button" class="plain" onClick={() => (dialog.value = { name: "add" })}>
            <Icon name="add" />
            Add someone
          </button>
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        <StatusLine />
        <Page at={at} />
      </main>
      {at.page !== "people" && <Side />}
    </div>
  )
}
