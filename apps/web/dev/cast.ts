import type { Person, PersonKey } from "@tessera/node/api"

const ABC = "ybndrfg8ejkmcpqxot1uwisza345h769"

function letters(seed: string, length: number): string {
  let state = 7
  for (const letter of seed) state = (state * 31 + letter.charCodeAt(0)) % 2147483647
  return Array.from({ length }, () => ABC.charAt((state = (state * 48271) % 2147483647) % 32)).join("")
}

/** A key as a node writes it, the same for the same seed. */
export function keyOf(seed: string): PersonKey {
  return `mopub0${letters(seed, 52)}`
}

/** A card that leads to the person of the seed. */
export function cardOf(seed: string): string {
  return `tessera:${letters(`card ${seed}`, 140)}`
}

const WORDS =
  "anchor velvet ribbon candle orbit meadow copper lantern saddle winter pepper harbor violin marble ticket garden silver window basket forest thunder pencil mirror island".split(
    " ",
  )

export function safetyWordsOf(seed: string): string[] {
  return wordsOf(seed, 6)
}

/** The 24 words of somebody's door. */
export function doorWordsOf(seed: string): string[] {
  return wordsOf(`door ${seed}`, 24)
}

/** The address of somebody's door. */
export function addressOf(seed: string): string {
  return `${letters(`door ${seed}`, 56).replace(/[189]/g, "q").replace(/0/g, "o")}.onion`
}

function wordsOf(seed: string, length: number): string[] {
  let state = 11
  for (const letter of seed) state = (state * 33 + letter.charCodeAt(0)) % 2147483647
  return Array.from({ length }, () => WORDS[(state = (state * 48271) % 2147483647) % WORDS.length] ?? "anchor")
}

/** Somebody of the cast, as another node knows them. */
export interface Role {
  readonly seed: string
  readonly displayName: string
  readonly about: string
  readonly connection: Person["connection"]
  readonly petname?: string
  readonly followed: boolean
  readonly pictured?: boolean
}

/** People as they come: two of one name, a very long one, other scripts, one who is away, some not yet added. */
export const CAST: readonly Role[] = [
  {
    seed: "anna",
    displayName: "Anna",
    about: "Potter in Leipzig. Kiln on Thursdays.",
    connection: "connected",
    followed: true,
    pictured: true,
  },
  { seed: "anna2", displayName: "Anna", about: "Sister of Tomás. Mostly trains and bread.", connection: "unreachable", followed: true },
  {
    seed: "mira",
    displayName: "Mira Okonkwo-Lindqvist",
    about: "Cello, second desk. I answer slowly and mean it.",
    connection: "connected",
    followed: true,
  },
  {
    seed: "long",
    displayName: "Wilhelmina Constantinopolitana Featherstonehaugh-Vandersloot of the Lower Meadow",
    about: "The name is real. Friends say Minnie.",
    connection: "connecting",
    followed: true,
  },
  { seed: "yusuf", displayName: "يوسف الحداد", about: "أكتب عن الخبز والمدينة القديمة.", connection: "connected", followed: true },
  { seed: "noa", displayName: "נועה", about: "", connection: "connecting", followed: true },
  {
    seed: "tomas",
    displayName: "Tomás",
    about: "Ferry mechanic 🛠️",
    petname: "Tom from the ferry",
    connection: "connected",
    followed: true,
  },
  { seed: "jun", displayName: "淳 (Jun)", about: "写真と山。", connection: "unreachable", followed: true },
  { seed: "olga", displayName: "Olga", about: "Beekeeper. Ask me about swarms.", connection: "connected", followed: false, pictured: true },
  { seed: "anna3", displayName: "anna", about: "A third one!", connection: "connected", followed: false },
  { seed: "away", displayName: "Bent", about: "", connection: "unreachable", followed: false },
]
