import { seeded } from "./seeded.ts"

/** A tile of 8 x 8 units: a ground and shapes on it, each colour one path. */
export interface Ornament {
  readonly ground: string
  readonly shapes: readonly { readonly fill: string; readonly path: string }[]
}

/** Ground, first and second stone: colours that old mosaics had. All are readable beside each other in print and for the colour-blind. */
const STONES: readonly (readonly [string, string, string])[] = [
  ["#1f4e6b", "#e9dcc3", "#d9923b"],
  ["#ead9bd", "#a63f24", "#27454f"],
  ["#2f5d50", "#efe3c8", "#c9a13b"],
  ["#7c2f2b", "#f0d9b8", "#d98e5f"],
  ["#e6e2d6", "#31597a", "#c25b34"],
  ["#4a3a5e", "#e8d9cf", "#c98aa0"],
  ["#d8b25a", "#5a2e22", "#f4ead2"],
  ["#2b3a42", "#bfd0c4", "#d2683f"],
  ["#bcd0cb", "#285a5c", "#9e3f3a"],
  ["#5f6b3a", "#f1e8cf", "#b4532c"],
]

/** One cell of 2 x 2 units with its corner at the origin; turned by `turn` quarters, then moved. */
type Point = readonly [number, number]
const CORNERS: readonly Point[] = [
  [0, 0],
  [2, 0],
  [2, 2],
  [0, 2],
]

function cell(shape: number, turn: number, x: number, y: number): string {
  const at = (corner: number): string => {
    const [cx, cy] = CORNERS[(corner + turn) % 4] as Point
    return `${x + cx} ${y + cy}`
  }
  switch (shape) {
    case 0: // the whole cell
      return `M${at(0)}L${at(1)} ${at(2)} ${at(3)}z`
    case 1: // a quarter of a disc around one corner
      return `M${at(0)}L${at(1)}A2 2 0 0 1 ${at(3)}z`
    case 2: // half of the cell, cut from corner to corner
      return `M${at(0)}L${at(1)} ${at(3)}z`
    case 3: // a leaf between two opposite corners
      return `M${at(0)}A2 2 0 0 1 ${at(2)}A2 2 0 0 1 ${at(0)}z`
    case 4: // a stone in the middle
      return `M${x + 0.4} ${y + 0.4}h1.2v1.2h-1.2z`
    default: // a pearl in the middle
      return `M${x + 0.35} ${y + 1}a.65 .65 0 1 0 1.3 0a.65 .65 0 1 0-1.3 0z`
  }
}

/** Draws the tile of a text: a quarter of four cells, turned around the middle four times, as azulejo and opus sectile are laid. */
export function ornament(text: string): Ornament {
  const pick = seeded(text)
  const [ground, first, second] = STONES[pick(STONES.length)] as readonly [string, string, string]
  // Drawn in this order: the insets, in the colour of the ground, lie on top.
  const paths: Record<string, string> = { [first]: "", [second]: "", [ground]: "" }
  const quarter = [0, 1, 2, 3].map((index) => ({
    x: index % 2,
    y: index >> 1,
    // The first cells decide the silhouette: they are never empty, and no quarter is made of small stones alone.
    shape: pick(index === 3 ? 6 : 4),
    turn: pick(4),
    fill: pick(5) < 3 ? first : second,
    empty: index > 0 && pick(6) === 0,
    inset: [4, 5][pick(7)],
  }))
  for (let turn = 0; turn < 4; turn++) {
    for (const { x, y, shape, turn: own, fill, empty, inset } of quarter) {
      if (empty) continue
      const [cx, cy] = turned(x, y, turn)
      paths[fill] += cell(shape, own + turn, cx * 2, cy * 2)
      if (inset !== undefined && shape < 4) paths[ground] += cell(inset, 0, cx * 2, cy * 2)
    }
  }
  return { ground, shapes: Object.entries(paths).flatMap(([fill, path]) => (path === "" ? [] : [{ fill, path }])) }
}

/** Where the cell (x, y) of a 4 x 4 tile comes to lie after `turn` quarters. */
function turned(x: number, y: number, turn: number): Point {
  let [cx, cy] = [x, y]
  for (let index = 0; index < turn; index++) [cx, cy] = [3 - cy, cx]
  return [cx, cy]
}
