import type { Author } from "@tessera/node/api"
import { shownAs } from "../state/people.ts"
import { go } from "../state/view.ts"
import { PageLink } from "./page-link.tsx"

/** A name, and beside it all that is needed to take nobody for somebody else. */
export function PersonName({ author }: { author: Author }) {
  const { label, alsoKnownAs, mark } = shownAs(author)
  const stranger = !author.you && !author.following
  return (
    <span class="name">
      {author.you ? (
        <PageLink onOpen={() => go({ page: "profile" })}>
          <bdi>{label}</bdi>
        </PageLink>
      ) : (
        <PageLink onOpen={() => go({ page: "person", person: author.person })}>
          <bdi>{label}</bdi>
        </PageLink>
      )}
      {author.you && <span class="aside-note">you</span>}
      {alsoKnownAs !== undefined && (
        <span class="aside-note">
          also <bdi>{alsoKnownAs}</bdi>
        </span>
      )}
      {mark !== undefined && <span class="aside-note words">{mark}</span>}
      {stranger && <span class="aside-note">not one of your people</span>}
    </span>
  )
}
