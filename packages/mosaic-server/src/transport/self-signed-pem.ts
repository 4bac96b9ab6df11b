import { type SecretKey, selfSignedCertificate } from "@tessera/mosaic"

/** A certificate of a key by itself, and its private key, as PEM. */
export function selfSignedPem(secretKey: SecretKey): { readonly cert: string; readonly key: string } {
  const { certificate, privateKey } = selfSignedCertificate(secretKey)
  return { cert: pem("CERTIFICATE", certificate), key: pem("PRIVATE KEY", privateKey) }
}

const pem = (label: string, der: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(der).toString("base64")}\n-----END ${label}-----\n`
