import { createHash } from "node:crypto"
import type { SecretKey } from "@tessera/mosaic"

/**
 * The key of an onion service as Tor takes it: the two halves of the seed's SHA-512, the first one clamped (RFC 8032, section 5.1.5), in base 64.
 * Tor computes the public key that `publicKeyOf` gives.
 */
export function onionKeyBlob(seed: SecretKey): string {
  const expanded = createHash("sha512").update(seed).digest()
  expanded[0] = (expanded[0] ?? 0) & 248
  expanded[31] = ((expanded[31] ?? 0) & 63) | 64
  const text = expanded.toString("base64")
  expanded.fill(0)
  return text
}
