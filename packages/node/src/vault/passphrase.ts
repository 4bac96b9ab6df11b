/** Longest passphrase, in bytes of UTF-8. */
export const PASSPHRASE_LIMIT = 1_024

/** Says what keeps a text from being a passphrase, as a sentence for the person; `undefined` when nothing does. Strength is not judged. */
export function passphraseTrouble(passphrase: string): string | undefined {
  if (passphrase.trim() === "") return "The passphrase is empty. Choose some words that you will remember."
  if (!passphrase.isWellFormed()) return "The passphrase holds half a character. Type it again."
  if (/\p{Cc}/u.test(passphrase)) return "The passphrase holds a line break or another character that cannot be typed. Leave it out."
  if (new TextEncoder().encode(passphrase).length > PASSPHRASE_LIMIT) return "The passphrase is too long. Use at most a thousand letters."
  return undefined
}

/** The bytes that keys are made from: NFKC, so that the same letters typed on another keyboard give the same key. The caller wipes them. */
export function passphraseBytes(passphrase: string): Uint8Array {
  return new TextEncoder().encode(passphrase.normalize("NFKC"))
}
