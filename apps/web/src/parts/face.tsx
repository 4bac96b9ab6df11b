import type { PersonKey } from "@tessera/node/api"
import { pictureOf } from "../state/pictures.ts"
import { Tile } from "./tile.tsx"

/** A person's picture, or the tile of their key where there is none (and until it is there). Names stand beside it, so it says nothing. */
export function Face({ person, picture, class: size = "" }: { person: PersonKey; picture?: string | undefined; class?: string }) {
  const source = picture === undefined ? undefined : pictureOf(person, picture).value
  if (source === undefined) return <Tile of={person} class={size} />
  return (
    <span class={`tile framed ${size}`}>
      <img src={source} alt="" draggable={false} />
      <Tile of={person} class="seal" />
    </span>
  )
}
