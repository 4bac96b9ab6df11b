import { Face } from "../parts/face.tsx"
import { Icon } from "../parts/icon.tsx"
import type { IconName } from "../parts/icon.tsx"
import { me } from "../state/me.ts"
import { go, view } from "../state/view.ts"

const PLACES: readonly { readonly page: "home" | "people" | "profile" | "settings"; readonly words: string; readonly icon: IconName }[] = [
  { page: "home", words: "Home", icon: "home" },
  { page: "people", words: "People", icon: "people" },
  { page: "profile", words: "Profile", icon: "profile" },
  { page: "settings", words: "Settings", icon: "settings" },
]

export function Navigation() {
  const here = view.value.page
  const own = me.value
  return (
    <nav aria-label="Pages">
      {PLACES.map(({ page, words, icon }) => (
        <button key={page} type="button" role="link" aria-current={here === page ? "page" : undefined} onClick={() => go({ page })}>
          {page === "profile" && own !== undefined ? <Face person={own.person} picture={own.picture} class="tiny" /> : <Icon name={icon} />}
          <span>{words}</span>
        </button>
      ))}
    </nav>
  )
}
