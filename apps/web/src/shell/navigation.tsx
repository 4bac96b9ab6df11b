import { Icon } from "../parts/icon.tsx"
import type { IconName } from "../parts/icon.tsx"
import { go, view } from "../state/view.ts"

const PLACES: readonly { readonly page: "home" | "people" | "profile" | "settings"; readonly words: string; readonly icon: IconName }[] = [
  { page: "home", words: "Home", icon: "home" },
  { page: "people", words: "People", icon: "people" },
  { page: "profile", words: "Profile", icon: "profile" },
  { page: "settings", words: "Settings", icon: "settings" },
]

export function Navigation() {
  const here = view.value.page
  return (
    <nav aria-label="Pages">
      {PLACES.map(({ page, words, icon }) => (
        <button key={page} type="button" role="link" aria-current={here === page ? "page" : undefined} onClick={() => go({ page })}>
          <Icon name={icon} />
          <span>{words}</span>
        </button>
      ))}
    </nav>
  )
}
