/**
 * The contract between a node and the interfaces that it serves: paths, requests and answers as JSON.
 * Types and constants only, so that a browser pays nothing for importing it; the node checks every request against its schemas.
 *
 * Every request but `GET /` and the static files carries `Authorization: Bearer TOKEN`, the token of this start.
 * A refusal is `{ error: { code, message } }` with a status of 4xx or 5xx; `message` is a sentence for the person.
 */

/** The person's key as text, `mopub0…`. */
export type PersonKey = string
/** The address of a note as text, `moref0…`. */
export type NoteAddress = string
/** Milliseconds since the Unix epoch. */
export type UnixMillis = number

export const PATHS = {
  state: "/api/state",
  suggestion: "/api/passphrase-suggestion",
  setup: "/api/setup",
  restore: "/api/restore",
  unlock: "/api/unlock",
  lock: "/api/lock",
  me: "/api/me",
  profile: "/api/me/profile",
  passphrase: "/api/passphrase",
  recoverySheet: "/api/recovery-sheet",
  settings: "/api/settings",
  timeline: "/api/timeline",
  notes: "/api/notes",
  note: (address: NoteAddress) => `/api/notes/${encodeURIComponent(address)}`,
  thread: (address: NoteAddress) => `/api/notes/${encodeURIComponent(address)}/thread`,
  history: (address: NoteAddress) => `/api/notes/${encodeURIComponent(address)}/history`,
  lookAtCard: "/api/cards/look",
  people: "/api/people",
  person: (key: PersonKey) => `/api/people/${encodeURIComponent(key)}`,
  picture: (key: PersonKey, version: string) => `/api/pictures/${encodeURIComponent(key)}/${encodeURIComponent(version)}`,
  events: "/api/events",
} as const

export interface ApiError {
  readonly error: { readonly code: ErrorCode; readonly message: string }
}

export type ErrorCode =
  | "badRequest"
  | "badToken"
  | "badHost"
  | "wrongPassphrase"
  | "wrongStage"
  | "badCard"
  | "ownCard"
  | "badPicture"
  | "badSheet"
  | "tooLarge"
  | "notFound"
  | "noAnswer"
  | "notYours"
  | "busy"
  | "storageFull"
  | "storageFailed"
  | "internal"

/** GET state. `new`: nothing is there yet; `locked`: waits for the passphrase; `open`: the person is in. */
export interface State {
  readonly stage: "new" | "locked" | "open"
  readonly version: string
}

/** GET suggestion: five random words for a passphrase. */
export interface Suggestion {
  readonly words: readonly string[]
}

/** POST setup -> Me (201). */
export interface SetupRequest {
  readonly name: string
  readonly passphrase: string
}

/** POST restore -> Me (201): makes the same person again from the text of a recovery sheet and the passphrase it was made under. */
export interface RestoreRequest {
  readonly sheet: string
  readonly passphrase: string
  readonly name: string
}

/** POST unlock -> Me. */
export interface UnlockRequest {
  readonly passphrase: string
}

/** A QR code as one SVG path of unit squares in a viewBox of `0 0 size size`, quiet zone included. */
export interface QrCode {
  readonly size: number
  readonly path: string
}

/** GET me. */
export interface Me {
  readonly person: PersonKey
  /** What the person typed. */
  readonly displayName: string
  /** The typeable form that others can mention. */
  readonly name: string
  readonly about: string
  /** Changes when the picture does; absent when there is none. */
  readonly picture?: string
  readonly card: OwnCard
  readonly settings: Settings
  readonly connections: Connections
}

/** What the person gives away so that others find them; all of it leads to the same door. */
export interface OwnCard {
  /** `tessera:…`, at most 200 characters. */
  readonly link: string
  /** The link, to be scanned. */
  readonly qr: QrCode
  /** 24 words, to be read aloud. */
  readonly words: readonly string[]
  /** 56 characters and `.onion`. */
  readonly address: string
}

export interface Connections {
  /** Where friends on the same network reach this node; absent when nothing listens. */
  readonly listening?: { readonly port: number; readonly addresses: readonly string[] }
  /** A sentence when something is wrong, for the person. */
  readonly trouble?: string
}

/** PATCH settings -> Settings. Kept as personal state; every field may be left out in a request. */
export interface Settings {
  readonly theme: "system" | "light" | "dark"
  readonly recoverySheetOffered: boolean
}

/** PUT profile -> Me. The master key signs a profile, so the passphrase is asked for. */
export interface ProfileRequest {
  readonly displayName: string
  readonly about: string
  /** Base64 of a WebP of at most 320 x 320; `null` removes it; left out keeps it. */
  readonly picture?: string | null
  readonly passphrase: string
}

/** POST passphrase -> {}. */
export interface PassphraseRequest {
  readonly current: string
  readonly next: string
}

/** POST recoverySheet -> RecoverySheet. */
export interface RecoverySheetRequest {
  readonly passphrase: string
}
export interface RecoverySheet {
  readonly displayName: string
  readonly person: PersonKey
  /** `mocryptsec0…`: the master key under the passphrase. */
  readonly text: string
  readonly qr: QrCode
  readonly madeAt: UnixMillis
}

/** A person as shown beside what they wrote. */
export interface Author {
  readonly person: PersonKey
  /** Petname, else display name, else name, else a stand-in such as "Someone new". */
  readonly label: string
  /** What they call themselves, when `label` is a petname or when two people bear the same label. */
  readonly alsoKnownAs?: string
  readonly picture?: string
  readonly you: boolean
  readonly following: boolean
}

/** A run of text, or a safe link (http and https only). */
export type TextPart = { readonly text: string } | { readonly link: string; readonly text: string }

export interface Note {
  readonly address: NoteAddress
  readonly author: Author
  readonly parts: readonly TextPart[]
  /** The text as written, for the editor; only with own notes. */
  readonly source?: string
  readonly createdAt: UnixMillis
  /** Present when it was edited: when last. */
  readonly editedAt?: UnixMillis
  /** The note that this one answers, and the first of the thread. */
  readonly replyTo?: NoteAddress
  readonly root?: NoteAddress
  /** Whom it answers, when known. */
  readonly replyToAuthor?: Author
  readonly replyCount: number
}

/** GET timeline?before=CURSOR&limit=N (50 when left out, at most 100): newest first by creation. */
export interface TimelinePage {
  readonly notes: readonly Note[]
  readonly next?: string
}

/** POST notes -> Note (201). 1 to 5,000 characters (Unicode code points), not only white space. */
export interface NewNote {
  readonly text: string
  readonly replyTo?: NoteAddress
}

/** PUT note -> Note. GET note -> Note. */
export interface EditNote {
  readonly text: string
}

/** GET thread: the root and every known answer, oldest first; `missingRoot` when it is not known here. */
export interface Thread {
  readonly root?: Note
  readonly replies: readonly Note[]
}

/** GET history: newest first. */
export interface NoteHistory {
  readonly versions: readonly { readonly parts: readonly TextPart[]; readonly at: UnixMillis }[]
}

/** POST lookAtCard -> CardView. `card` is whatever somebody handed on: a card, 24 words, or an address; with the latter two, `noAnswer` when nobody answers. */
export interface CardRequest {
  readonly card: string
}
export interface CardView {
  readonly person: PersonKey
  /** Absent when nobody answered at the card's addresses. */
  readonly displayName?: string
  readonly about?: string
  /** A `data:` URL of their picture, if they have one. */
  readonly pictureData?: string
  /** Six words that both people see; the same on both devices when nobody stands between. */
  readonly safetyWords: readonly string[]
  readonly reachable: boolean
  readonly following: boolean
}

/** POST people -> Person (201): follow the owner of a card. */
export interface FollowRequest {
  readonly card: string
  readonly petname?: string
}

/** GET people -> { people: Person[] }. GET person -> Person. PATCH person { petname } -> Person. DELETE person -> {}: stops following. */
export interface Person extends Author {
  readonly about: string
  readonly petname?: string
  readonly safetyWords: readonly string[]
  readonly since?: UnixMillis
  readonly connection: "connected" | "connecting" | "unreachable"
  readonly lastHeard?: UnixMillis
}
export interface PeopleList {
  readonly people: readonly Person[]
}
export interface PetnameRequest {
  readonly petname: string
}

/**
 * GET events: server-sent events, one JSON object in each `data:` line. The first is `hello`; after a gap the interface loads again.
 */
export type NodeEvent =
  | { readonly type: "hello" }
  /** A note is new or changed (edit, reply count, author's name). */
  | { readonly type: "note"; readonly note: Note }
  | { readonly type: "person"; readonly person: Person }
  | { readonly type: "unfollowed"; readonly person: PersonKey }
  | { readonly type: "me"; readonly me: Me }
  | { readonly type: "state"; readonly state: State }
  | { readonly type: "trouble"; readonly message: string }

export const NOTE_LIMIT = 5_000
export const NAME_LIMIT = 100
export const ABOUT_LIMIT = 2_000
export const PETNAME_LIMIT = 100
/** Bytes of a picture as WebP. */
export const PICTURE_LIMIT = 200_000
