import { wordlist } from "@scure/bip39/wordlists/english.js"
import type { Random } from "../ports.ts"

const WORDS = 5

/** Five words of the BIP-39 English list (2,048 words), each as likely as any other: 55 bits. */
export function suggestPassphrase(random: Random): readonly string[] {
  const bytes = random(2 * WORDS)
  // 2,048 divides 65,536, so that cutting 16 bits to 11 favours no word.
  return Array.from({ length: WORDS }, (_, i) => wordlist[(((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)) & 0x7ff] ?? "")
}
