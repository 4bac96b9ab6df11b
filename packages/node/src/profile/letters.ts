/** Letters that do not come apart into a Latin letter and marks, as they are commonly written in ASCII. Capitals are derived. */
const PLAIN: Readonly<Record<string, string>> = {
  ß: "ss", æ: "ae", œ: "oe", ø: "o", đ: "d", ð: "d", þ: "th", ł: "l", ħ: "h", ŧ: "t", ŋ: "ng", ı: "i", ĸ: "k", ə: "e", ƒ: "f",
  а: "a", б: "b", в: "v", г: "g", ґ: "g", д: "d", е: "e", є: "ie", ж: "zh", з: "z", и: "i", і: "i", к: "k", л: "l", м: "m", н: "n", о: "o", п: "p",
  р: "r", с: "s", т: "t", у: "u", ф: "f", х: "kh", ц: "ts", ч: "ch", ш: "sh", щ: "shch", ъ: "", ы: "y", ь: "", э: "e", ю: "yu", я: "ya",
  ђ: "dj", ј: "j", љ: "lj", њ: "nj", ћ: "c", џ: "dz", ѕ: "dz",
  α: "a", β: "v", γ: "g", δ: "d", ε: "e", ζ: "z", η: "i", θ: "th", ι: "i", κ: "k", λ: "l", μ: "m", ν: "n", ξ: "x", ο: "o", π: "p", ρ: "r", σ: "s",
  ς: "s", τ: "t", υ: "y", φ: "f", χ: "ch", ψ: "ps", ω: "o",
  ა: "a", ბ: "b", გ: "g", დ: "d", ე: "e", ვ: "v", ზ: "z", თ: "t", ი: "i", კ: "k", ლ: "l", მ: "m", ნ: "n", ო: "o", პ: "p", ჟ: "zh", რ: "r", ს: "s",
  ტ: "t", უ: "u", ფ: "p", ქ: "k", ღ: "gh", ყ: "q", შ: "sh", ჩ: "ch", ც: "ts", ძ: "dz", წ: "ts", ჭ: "ch", ხ: "kh", ჯ: "j", ჰ: "h",
}

const INITIALS = "g kk n d tt r m b pp s ss - j jj ch k t p h".split(" ").map((sound) => sound.replace("-", ""))
const VOWELS = "a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i".split(" ")
const FINALS = "- k kk ks n nj nh t l lk lm lb ls lt lp lh m p ps t t ng t t k t p h".split(" ").map((sound) => sound.replace("-", ""))

/** Writes one character, in its composed form, in ASCII letters; `undefined` when nobody would know how. */
export function asciiOf(character: string): string | undefined {
  if (/^[\x20-\x7e]$/.test(character)) return character
  const syllable = (character.codePointAt(0) ?? 0) - 0xac00
  if (syllable >= 0 && syllable < 11_172) {
    return `${INITIALS[Math.floor(syllable / 588)] ?? ""}${VOWELS[Math.floor((syllable % 588) / 28)] ?? ""}${FINALS[syllable % 28] ?? ""}`
  }
  const base = character.normalize("NFKD").replaceAll(/\p{M}/gu, "")
  if (/^[\x20-\x7e]+$/.test(base)) return base
  const small = base.toLowerCase()
  const plain = PLAIN[small]
  if (plain === undefined) return undefined
  return small === base ? plain : plain.slice(0, 1).toUpperCase() + plain.slice(1)
}
