import type { X509Certificate } from "node:crypto"
import {
  DecodeError,
  equalBytes,
  type MosaicUrl,
  type PublicKey,
  VerifyError,
  formatServerKey,
  publicKeyOfCertificate,
} from "@tessera/mosaic"
import type { Finding } from "./finding.ts"

/** Whoever has so few days left has missed the renewal that authorities recommend. */
const SOON_DAYS = 14
const DAY_MS = 86_400_000

/** What TLS said about a server. */
export interface TlsFacts {
  /** Such as `TLSv1.3`. */
  readonly version: string
  readonly certificate: X509Certificate | undefined
  /** The certificate is of an authority that this machine knows, for this name, and in its time. */
  readonly isOfAuthority: boolean
  /** Why it is not, as OpenSSL names it. */
  readonly fault: string | undefined
}

/** The Ed25519 key that a certificate proves by its own signature; undefined when it proves none. */
export function keyOfCertificate(certificate: X509Certificate | undefined): PublicKey | undefined {
  try {
    if (certificate?.publicKey.asymmetricKeyType !== "ed25519" || !certificate.verify(certificate.publicKey)) return undefined
    return publicKeyOfCertificate(certificate.raw)
  } catch (error) {
    if (error instanceof DecodeError || error instanceof VerifyError) return undefined
    // Errors of OpenSSL: whatever is wrong with a certificate is the server's fault.
    if (error instanceof Error && "code" in error) return undefined
    throw error
  }
}

/**
 * Judges a certificate: over TCP the server's own key counts and nothing else; over WebSocket browsers want one of an authority, and programs take one that
 * was made with the key that the server proves.
 */
export function judgeCertificate(
  url: MosaicUrl,
  about: string,
  { certificate, isOfAuthority, fault }: TlsFacts,
  serverKey: PublicKey | undefined,
  nowMs: number,
): Finding[] {
  if (certificate === undefined) {
    return [
      {
        about,
        judgement: "unknown",
        code: "certificate-unseen",
        text: "The server shows no X.509 certificate (a raw public key perhaps), which cannot be looked at here.",
      },
    ]
  }
  const key = keyOfCertificate(certificate)
  const ends = endOf(certificate, nowMs)
  const facts = {
    ends: ends.at,
    days: ends.days,
    issuer: oneLine(certificate.issuer),
    subject: oneLine(certificate.subject),
    ...(key !== undefined && { key: formatServerKey(key) }),
  }
  if (url.scheme === "mosaictcp") return judgeOverTcp(about, key, ends, facts)
  if (ends.days < 0) {
    return [
      {
        about,
        judgement: "wrong",
        code: "certificate-expired",
        text: `The certificate ended on ${ends.at.slice(0, 10)}: browsers refuse it.`,
        advice: "Renew the certificate.",
        facts,
      },
    ]
  }
  if (isOfAuthority) {
    return [
      {
        about,
        judgement: "well",
        code: "certificate-authority",
        text: `The certificate is of an authority that this machine knows (${authorityOf(certificate)}), and ends in ${ends.days} days.`,
        facts,
      },
      ...(ends.days < SOON_DAYS
        ? [
            {
              about,
              judgement: "note",
              code: "certificate-ends-soon",
              text: `The certificate ends on ${ends.at.slice(0, 10)}.`,
              advice: "See to it that it is renewed in time.",
            } as const,
          ]
        : []),
    ]
  }
  if (fault === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return [
      {
        about,
        judgement: "wrong",
        code: "certificate-other-name",
        text: `The certificate is not for ${url.host}: browsers refuse it.`,
        advice: "Get one for this name, or announce the server under the name that the certificate has.",
        facts: { ...facts, names: certificate.subjectAltName },
      },
    ]
  }
  if (key !== undefined && serverKey !== undefined && equalBytes(key, serverKey)) {
    return [
      {
        about,
        judgement: "note",
        code: "certificate-own",
        text: "The certificate is the server's own, signed with its Mosaic key: programs can use it, browsers refuse it.",
        advice: "For people in browsers get a certificate of an authority; `tessera serve --help` says how.",
        facts,
      },
    ]
  }
  return [
    {
      about,
      judgement: "wrong",
      code: "certificate-untrusted",
      text: `The certificate is neither of an authority that this machine knows nor signed with the server's Mosaic key (${fault ?? "unknown"}).`,
      advice: "Get one of an authority, with its whole chain, or let the server sign its own.",
      facts,
    },
  ]
}

function judgeOverTcp(about: string, key: PublicKey | undefined, ends: End, facts: Readonly<Record<string, unknown>>): Finding[] {
  if (key === undefined) {
    return [
      {
        about,
        judgement: "wrong",
        code: "certificate-proves-nothing",
        text: "The certificate is no self-signed one of an Ed25519 key, or its signature does not hold: it proves no Mosaic key.",
        advice: "Over TCP the server must show a certificate that it has signed with its own Mosaic key.",
        facts,
      },
    ]
  }
  const found: Finding[] = [
    {
      about,
      judgement: "well",
      code: "certificate-key",
      text: `The certificate proves the key ${formatServerKey(key)}.`,
      facts,
    },
  ]
  if (ends.days < 0) {
    found.push({
      about,
      judgement: "note",
      code: "certificate-over",
      text: `The certificate ended on ${ends.at.slice(0, 10)}. Over TCP dates mean nothing to Mosaic, but software of others may look at them.`,
      advice: "Make a certificate that does not end.",
    })
  }
  return found
}

interface End {
  /** ISO 8601. */
  readonly at: string
  /** Whole days that are left; negative when it is over. */
  readonly days: number
}

function endOf(certificate: X509Certificate, nowMs: number): End {
  const at = Date.parse(certificate.validTo)
  return Number.isNaN(at)
    ? { at: "9999-12-31T23:59:59.000Z", days: Infinity }
    : { at: new Date(at).toISOString(), days: Math.floor((at - nowMs) / DAY_MS) }
}

/** Names in certificates are the server's words: on one line, and no control characters. */
const oneLine = (text: string): string => text.replaceAll(/[^ -~]+/gu, ", ").slice(0, 200)

function authorityOf({ issuer }: X509Certificate): string {
  const lines = issuer.split("\n")
  const name = lines.find((line) => line.startsWith("O=")) ?? lines.find((line) => line.startsWith("CN=")) ?? issuer
  return oneLine(name.replace(/^[A-Z]+=/, ""))
}
