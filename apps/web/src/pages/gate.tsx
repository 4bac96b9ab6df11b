import type { ComponentChildren } from "preact"
import { Brand } from "../parts/brand.tsx"
import { Tile } from "../parts/tile.tsx"

const COLUMNS = 5
const ROWS = 9
/** Where the first tile of a name is set: its mosaic grows around this place, the nearest places first. */
const FIRST = { column: 2, row: 2.4 }

/** For each place of the wall, row by row: the how-manieth letter sets it. */
const ORDER: readonly number[] = (() => {
  const places = Array.from({ length: COLUMNS * ROWS }, (_, place) => place)
  const away = (place: number) => Math.hypot((place % COLUMNS) - FIRST.column, Math.floor(place / COLUMNS) - FIRST.row)
  const nearest = [...places].sort((a, b) => away(a) - away(b))
  return places.map((place) => nearest.indexOf(place))
})()

/**
 * The frame of every page before the person is in: a wall with room for tiles beside the words.
 * Each letter of `spelled` sets one tile, so that a name lays its own mosaic while it is typed.
 */
export function Gate({ spelled, children, laying }: { spelled: string; children: ComponentChildren; laying?: boolean }) {
  const letters = [...spelled]
  return (
    <div class="gate">
      <div class={`gate-wall ${laying === true ? "laying-all" : ""}`} aria-hidden="true">
        {ORDER.map((index) =>
          index < letters.length ? (
            <Tile key={`${index}${letters[index]}`} of={letters.slice(0, index + 1).join("")} />
          ) : (
            <i key={`empty ${index}`} />
          ),
        )}
      </div>
      <main class="gate-main" id="main">
        <Brand />
        {children}
      </main>
    </div>
  )
}
