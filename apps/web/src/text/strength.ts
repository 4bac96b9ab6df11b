/** How hard a passphrase is to guess: 0 is nothing, 5 is out of reach. */
export interface Strength {
  readonly level: 0 | 1 | 2 | 3 | 4 | 5
  readonly says: string
}

const SAYS = ["", "Too easy to guess", "Weak: add another word or two", "Fair: one more word would help", "Strong", "Very strong"] as const

/** Bits at which the second, third, fourth and fifth tile are set. Each guess costs the guesser a good part of a second. */
const STEPS = [20, 32, 43, 54] as const

const COMMON =
  "password passwort passphrase welcome letmein admin login monkey dragon sunshine princess football baseball iloveyou trustno master hello freedom whatever shadow secret qwerty qwertz azerty asdf abc love god ninja tessera changeme".split(
    " ",
  )
const RUNS = ["abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "yxcvbnm", "zxcvbnm"]

/** Estimates by how it seems to be made: of words, of dates, of runs on the keyboard, or of single random characters. */
export function strengthOf(passphrase: string): Strength {
  const bits = bitsOf(passphrase)
  if (bits === 0) return { level: 0, says: SAYS[0] }
  const level = (1 + STEPS.filter((step) => bits >= step).length) as 1 | 2 | 3 | 4 | 5
  return { level, says: SAYS[level] }
}

/** The estimate in bits. Exported for its tests. */
export function bitsOf(passphrase: string): number {
  const parts = passphrase.normalize("NFKC").match(/[\p{L}\p{M}]+|\p{N}+|[^\p{L}\p{M}\p{N}\s]+/gu) ?? []
  const seen = new Set<string>()
  let bits = 0
  let glued = 0
  let end = 0
  for (const part of parts) {
    const key = part.toLowerCase()
    const at = passphrase.indexOf(part, end)
    if (end > 0 && at === end) glued += 1
    end = at + part.length
    bits += seen.has(key) ? 1 : bitsOfPart(part, key)
    seen.add(key)
  }
  // Letters, digits and signs in turn without a space look random: where the changes fall is worth something too.
  return bits + Math.min(glued, 8)
}

function bitsOfPart(part: string, key: string): number {
  if (isRun(key)) return 2 + Math.log2(key.length)
  if (/^\p{N}+$/u.test(part)) return /^(19|20)\d\d$/.test(part) ? 6 : part.length * 3.3
  if (!/^\p{L}/u.test(part)) return Math.min(part.length, 3) * 3
  if (COMMON.some((word) => key.startsWith(word) || word.startsWith(key)) && key.length < 12) return 4
  const capitals = part === key ? 0 : /^\p{Lu}[^\p{Lu}]*$/u.test(part) || part === part.toUpperCase() ? 1 : part.length / 2
  const letters = /^[a-z]+$/.test(key) ? 4.7 : 5.5
  if (isWordlike(key)) return Math.min(key.length * 2.75, 11 + Math.max(0, key.length - 10)) + capitals
  return new Set(key).size * letters * (key.length > 12 ? 1 : 0.85) + capitals
}

function isRun(key: string): boolean {
  if (key.length < 3) return false
  if (new Set(key).size <= 2) return true
  const backwards = [...key].toReversed().join("")
  return RUNS.some((run) => run.includes(key) || run.includes(backwards))
}

/** Vowels where a word of a language would have them; other scripts count as words. */
function isWordlike(key: string): boolean {
  if (!/^[a-z]+$/.test(key)) return true
  const vowels = key.match(/[aeiouy]/g)?.length ?? 0
  return vowels / key.length >= 0.18 && vowels / key.length <= 0.75 && !/[^aeiouy]{5}/.test(key)
}
