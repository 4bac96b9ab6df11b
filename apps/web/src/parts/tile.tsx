import { ornament } from "../tile/ornament.ts"

/** The tile that belongs to a key; `class` says how large. */
export function Tile({ of, class: size = "" }: { of: string; class?: string }) {
  const { ground, shapes } = ornament(of)
  return (
    <svg class={`tile ${size}`} viewBox="0 0 8 8" aria-hidden="true" focusable="false">
      <path fill={ground} d="M0 0h8v8H0z" />
      {shapes.map(({ fill, path }) => (
        <path key={fill} fill={fill} d={path} />
      ))}
    </svg>
  )
}
