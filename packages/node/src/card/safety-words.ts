import { compareBytes } from "@tessera/mosaic"
import type { PublicKey } from "@tessera/mosaic"
import { blake3 } from "@noble/hashes/blake3.js"
import { wordlist } from "@scure/bip39/wordlists/english.js"

const DOMAIN = new TextEncoder().encode("tessera safety words")
const WORDS = 6
const BITS = 11

/**
 * Six words (66 bits) that two people compare aloud: the same on both sides when nobody stands between.
 * 11 bits each, from the front of BLAKE3("tessera safety words" ‖ smaller key ‖ greater key), words of the BIP-39 English list.
 */
export function safetyWords(one: PublicKey, other: PublicKey): readonly string[] {
  const [smaller, greater] = compareBytes(one, other) <= 0 ? [one, other] : [other, one]
  const hash = blake3(Uint8Array.of(...DOMAIN, ...smaller, ...greater))
  const bits = BigInt(`0x${Array.from(hash.subarray(0, 9), (byte) => byte.toString(16).padStart(2, "0")).join("")}`)
  return Array.from({ length: WORDS }, (_, i) => wordlist[Number((bits >> BigInt(72 - BITS * (i + 1))) & 0x7ffn)] ?? "")
}
