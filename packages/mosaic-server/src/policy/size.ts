import { type Kind, RESULT } from "@tessera/mosaic"
import { ALLOWED, type Policy, refuse } from "./policy.ts"

/** How large records may be. */
export interface SizeOptions {
  /** Longest record that is taken, in bytes of the whole record. */
  readonly recordBytes: number
  /** Other bounds for some kinds. */
  readonly kinds?: ReadonlyMap<Kind, number>
}

/** Takes records up to a size; beyond: `TOO_LARGE`. What is too large for every kind is refused before it is looked into. */
export function sizePolicy({ recordBytes, kinds = new Map() }: SizeOptions): Policy {
  const most = Math.max(recordBytes, ...kinds.values())
  const within = (bytes: number, limit: number) =>
    bytes <= limit ? ALLOWED : refuse(RESULT.TOO_LARGE, `${bytes} bytes, where ${limit} are allowed`)
  return {
    hear: (_peer, { type, bytes }) => (type === "submission" ? within(bytes, most) : ALLOWED),
    admit: (record) => within(record.bytes.length, kinds.get(record.kind) ?? recordBytes),
    mayRead: () => true,
  }
}
