import { sha256 } from "@noble/hashes/sha2.js"
import { wordlist } from "@scure/bip39/wordlists/english.js"
import { isPublicKey, parsePublicKey } from "@tessera/mosaic"
import type { PublicKey } from "@tessera/mosaic"
import { CardError } from "./errors.ts"

/** How many words a door has: 256 bits of key and 8 bits of check, 11 bits a word. */
export const DOOR_WORDS = 24

/** No two words of the list begin with the same four letters. */
const PREFIX = 4
/** Letters of any script, with what may stand on them: what is not in the list is named in the refusal. */
const TOKEN = /[\p{L}\p{M}]+/gu

/** The key of a door as 24 words of the BIP-39 English list, to be read aloud: key, then the first 8 bits of its SHA-256. */
export function doorWords(door: PublicKey): readonly string[] {
  const bits = BigInt(`0x${Buffer.from([...door, checkOf(door)]).toString("hex")}`)
  return Array.from({ length: DOOR_WORDS }, (_, index) => wordlist[Number((bits >> BigInt(11 * (DOOR_WORDS - 1 - index))) & 0x7ffn)] ?? "")
}

/**
 * Whether a text is meant as words: several, and most of them on the list. Numbers, commas and line ends between them do not matter.
 */
export function looksLikeWords(text: string): boolean {
  const tokens = tokensOf(text)
  return tokens.length >= 4 && tokens.filter((token) => findWord(token) !== undefined).length * 3 >= tokens.length * 2
}

/**
 * Reads the 24 words of a door as people type what they hear: in capitals, numbered, over several lines, or with the first four letters of a word.
 * @throws {CardError} with a sentence that names the word that is wrong, as far as the check can tell.
 */
export function parseDoorWords(text: string): PublicKey {
  const tokens = tokensOf(text)
  const words = tokens.map((token, index) => findWord(token) ?? stranger(token, index))
  if (words.length < DOOR_WORDS) {
    const missing = DOOR_WORDS - words.length
    throw new CardError(
      "incomplete",
      `These are ${words.length} words, and there must be ${DOOR_WORDS}: ${missing === 1 ? "one is" : `${missing} are`} missing. Ask for the words again and count along.`,
    )
  }
  if (words.length > DOOR_WORDS) {
    const doubled = words.findIndex((word, index) => word === words[index - 1])
    const hint = doubled < 1 ? "" : ` Word ${doubled + 1}, “${words[doubled]}”, stands there twice: maybe it was typed twice.`
    throw new CardError("tooLong", `These are ${words.length} words, and there must be ${DOOR_WORDS}.${hint} Compare them one by one.`)
  }
  return keyOf(words) ?? wrongWord(words)
}

/** The key that 24 words of the list name; `undefined` when their check does not hold, or nobody can have it. */
function keyOf(words: readonly string[]): PublicKey | undefined {
  let bits = 0n
  for (const word of words) bits = (bits << 11n) | BigInt(WORDS.get(word) ?? 0)
  const bytes = Uint8Array.from(Buffer.from(bits.toString(16).padStart(66, "0"), "hex"))
  const key = bytes.subarray(0, 32)
  return checkOf(key) === bytes[32] && isPublicKey(key) ? parsePublicKey(key) : undefined
}

const checkOf = (key: Uint8Array): number => sha256(key)[0] ?? 0

/** @throws {CardError} always. */
function wrongWord(words: readonly string[]): never {
  const swapped = findSwap(words)
  const hint =
    swapped === undefined
      ? ""
      : ` If words ${swapped + 1} and ${swapped + 2}, “${words[swapped]}” and “${words[swapped + 1]}”, changed places, it is right.`
  throw new CardError(
    "mistyped",
    `One of these words is another than was read to you, or two changed places.${hint} Compare them one by one; the first four letters of each are enough.`,
  )
}

/** The only two neighbours that make the check hold when they change places; `undefined` when there are none or several. */
function findSwap(words: readonly string[]): number | undefined {
  const holding = words.slice(1).flatMap((word, index) => {
    const before = words[index] ?? ""
    if (word === before) return []
    return keyOf([...words.slice(0, index), word, before, ...words.slice(index + 2)]) === undefined ? [] : [index]
  })
  return holding.length === 1 ? holding[0] : undefined
}

function tokensOf(text: string): readonly string[] {
  return [...text.normalize("NFKC").toLowerCase().matchAll(TOKEN)].map(([token]) => token)
}

/** The word itself, or the one that begins with these four letters or more. */
function findWord(token: string): string | undefined {
  if (WORDS.has(token)) return token
  const word = token.length < PREFIX ? undefined : BY_PREFIX.get(token.slice(0, PREFIX))
  return word?.startsWith(token) === true ? word : undefined
}

const WORDS: ReadonlyMap<string, number> = new Map(wordlist.map((word, index) => [word, index]))
const BY_PREFIX: ReadonlyMap<string, string> = new Map(
  wordlist.filter((word) => word.length >= PREFIX).map((word) => [word.slice(0, PREFIX), word]),
)

/** @throws {CardError} always. */
function stranger(token: string, index: number): never {
  const near = wordlist.filter((word) => isNear(token, word)).slice(0, 2)
  const shown = token.length > 30 ? `${[...token].slice(0, 30).join("")}…` : token
  const hint = near.length === 0 ? "" : ` Was it ${near.map((word) => `“${word}”`).join(" or ")}?`
  throw new CardError("mistyped", `Word ${index + 1}, “${shown}”, is not one of the words that Tessera uses.${hint} Ask for it again.`)
}

/** Whether one letter more, less or other, or two that changed places, make the one of the other. */
function isNear(token: string, word: string): boolean {
  if (Math.abs(token.length - word.length) > 1) return false
  let start = 0
  while (start < token.length && token[start] === word[start]) start += 1
  let end = 0
  while (end < Math.min(token.length, word.length) - start && token.at(-1 - end) === word.at(-1 - end)) end += 1
  const left = token.slice(start, token.length - end)
  const right = word.slice(start, word.length - end)
  if (left.length <= 1 && right.length <= 1) return true
  return left.length === 2 && right.length === 2 && left[0] === right[1] && left[1] === right[0]
}
