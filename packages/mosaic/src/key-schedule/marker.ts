import type { KeyScheduleEntry, SubkeyState } from "./entry.ts"

/** MARKER of an entry: what is active says its use, what is not does not. */
export const MARKER = {
  ACTIVE_SIGNING_KEY: 0x00,
  ACTIVE_ENCRYPTION_KEY: 0x01,
  REVOKED_ALL: 0x40,
  REVOKED_PAST: 0x41,
  OUT_OF_USE: 0x4f,
  ACTIVE_NOSTR_KEY: 0x80,
} as const

const ACTIVE = {
  signing: MARKER.ACTIVE_SIGNING_KEY,
  encryption: MARKER.ACTIVE_ENCRYPTION_KEY,
  nostr: MARKER.ACTIVE_NOSTR_KEY,
} as const

const NOT_ACTIVE = { outOfUse: MARKER.OUT_OF_USE, revokedAll: MARKER.REVOKED_ALL, revokedPast: MARKER.REVOKED_PAST } as const

export const markerOf = (use: KeyScheduleEntry["use"], state: SubkeyState): number => (state === "active" ? ACTIVE[use] : NOT_ACTIVE[state])

/** The state that a marker says of a key of this use; undefined when the marker is not defined, or not for this use. */
export function stateOf(marker: number, use: KeyScheduleEntry["use"]): SubkeyState | undefined {
  switch (marker) {
    case ACTIVE[use]:
      return "active"
    case MARKER.OUT_OF_USE:
      return "outOfUse"
    case MARKER.REVOKED_ALL:
      return "revokedAll"
    case MARKER.REVOKED_PAST:
      return "revokedPast"
    default:
      return undefined
  }
}
