import type { ComponentChildren } from "preact"
import { Brand } from "../parts/brand.tsx"
import { Tile } from "../parts/tile.tsx"

const PLACES = Array.from({ length: 30 }, (_, index) => index)

/**
 * The frame of every page before the person is in: a wall with room for tiles beside the words.
 * Each letter of `spelled` sets one tile, so that a name lays its own mosaic while it is typed.
 */
export function Gate({ spelled, children, laying }: { spelled: string; children: ComponentChildren; laying?: boolean }) {
  const letters = [...spelled].slice(0, PLACES.length)
  return (
    <div class="gate">
      <div class={`gate-wall ${laying === true ? "laying-all" : ""}`} aria-hidden="true">
        {PLACES.map((place) => {
          const index = (place * 7 + 3) % PLACES.length
          return index < letters.length ? <Tile key={`${index}${letters[index]}`} of={letters.slice(0, index + 1).join("")} /> : <i key={`empty ${index}`} />
        })}
      </div>
      <main class="gate-main" id="main">
        <Brand />
        {children}
      </main>
    </div>
  )
}
