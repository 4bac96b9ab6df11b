import type { X509Certificate } from "node:crypto"
import { type PublicKey, publicKeyOfCertificate } from "@tessera/mosaic"

/**
 * The key that a peer has proved with its certificate: undefined when it came without one, `refused` when the certificate does not hold.
 *
 * TLS has proved that the peer has the secret key. It does not look at the self-signature, which it takes broken as well, nor at the key itself.
 */
export function certifiedKey(certificate: X509Certificate | undefined): PublicKey | undefined | "refused" {
  if (certificate === undefined) return undefined
  try {
    const { publicKey } = certificate
    if (publicKey.asymmetricKeyType !== "ed25519" || !certificate.verify(publicKey)) return "refused"
    return publicKeyOfCertificate(certificate.raw)
  } catch {
    // Errors of OpenSSL, and of our own parsers: whatever is wrong with a certificate is the peer's fault.
    return "refused"
  }
}
