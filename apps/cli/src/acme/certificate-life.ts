import { X509Certificate, createPrivateKey } from "node:crypto"

/** When a certificate holds, in milliseconds since 1970. */
export interface CertificateLife {
  readonly from: number
  readonly until: number
  /** After two thirds of its life: then there is time left for many tries. */
  readonly renewal: number
}

/** A certificate and its key, in PEM. */
interface CertificateFiles {
  readonly cert: string
  readonly key: string
}

/**
 * Reads how long a certificate (in PEM, the first of a chain) holds.
 * @throws {Error} saying why when it is none, not for this host, or the key is not its own.
 */
export function certificateLife({ cert, key }: CertificateFiles, hostname: string): CertificateLife {
  const certificate = new X509Certificate(cert)
  if (certificate.checkHost(hostname) === undefined) throw new Error(`the certificate is not for ${hostname}`)
  if (!certificate.checkPrivateKey(createPrivateKey(key))) throw new Error("the certificate is of another key")
  const from = certificate.validFromDate.getTime()
  const until = certificate.validToDate.getTime()
  return { from, until, renewal: from + ((until - from) * 2) / 3 }
}

/** When a certificate is to be renewed, in milliseconds since 1970: 0 when it is none for this host, because somebody has changed it. */
export function renewalOf(files: CertificateFiles, hostname: string): number {
  try {
    return certificateLife(files, hostname).renewal
  } catch {
    return 0
  }
}

/** What can be shown of what was kept: undefined when it is no certificate for this host. */
export function usableFiles(kept: CertificateFiles | undefined, hostname: string): CertificateFiles | undefined {
  return kept !== undefined && renewalOf(kept, hostname) > 0 ? { cert: kept.cert, key: kept.key } : undefined
}
