import type { X509Certificate } from "node:crypto"
import { type PublicKey, equalBytes, publicKeyOfCertificate } from "@tessera/mosaic"

/** Whether a certificate is a self-signed one of this key, its own signature included: TLS alone takes a broken one. */
export function isCertificateOf(certificate: X509Certificate, key: PublicKey): boolean {
  try {
    const { publicKey } = certificate
    return (
      publicKey.asymmetricKeyType === "ed25519" && certificate.verify(publicKey) && equalBytes(publicKeyOfCertificate(certificate.raw), key)
    )
  } catch {
    // Errors of OpenSSL, and of our own parsers: whatever is wrong with a certificate is the peer's fault.
    return false
  }
}
