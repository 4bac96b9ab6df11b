import { formatUserKey, parseUserKey } from "../human.ts"
import type { PublicKey } from "../keys/public-key.ts"
import { type AuthNonce, parseAuthNonce } from "./auth-nonce.ts"
import { HEADER, type HeaderField, type HeaderLookup, parseNumbers } from "./header-fields.ts"

/** Hello as the headers of an upgrade request say it. (Specification: websockets) */
export interface HelloHeaders {
  /** The major versions that the client speaks, 16 bits each. */
  readonly versions: readonly number[]
  /** The applications that it asks for, 32 bits each. */
  readonly features: readonly number[]
  /** The key that it wants to prove. */
  readonly authenticateAs: PublicKey | undefined
  /** For the server to sign. */
  readonly serverNonce: AuthNonce | undefined
}

/** Writes Hello as headers of an upgrade request. */
export function formatHelloHeaders({ versions, features, authenticateAs, serverNonce }: HelloHeaders): HeaderField[] {
  const fields: HeaderField[] = [
    [HEADER.versions, versions.join(",")],
    [HEADER.features, features.join(",")],
  ]
  if (authenticateAs !== undefined) fields.push([HEADER.authenticateAs, formatUserKey(authenticateAs)])
  if (serverNonce !== undefined) fields.push([HEADER.serverNonce, serverNonce])
  return fields
}

/**
 * Reads Hello from the headers of an upgrade request; undefined when there are no versions: then Hello comes as a message, since browsers cannot
 * set headers.
 *
 * @throws {DecodeError} naming the header that is malformed.
 * @throws {VerifyError} when the key to authenticate as is no valid one.
 */
export function parseHelloHeaders(header: HeaderLookup): HelloHeaders | undefined {
  const versions = header(HEADER.versions.toLowerCase())
  if (versions === undefined) return undefined
  const authenticateAs = header(HEADER.authenticateAs.toLowerCase())
  const serverNonce = header(HEADER.serverNonce.toLowerCase())
  return {
    versions: parseNumbers(HEADER.versions, versions, 0xffff),
    features: parseNumbers(HEADER.features, header(HEADER.features.toLowerCase()) ?? "", 0xffff_ffff),
    authenticateAs: authenticateAs === undefined ? undefined : parseUserKey(authenticateAs),
    serverNonce: serverNonce === undefined ? undefined : parseAuthNonce(serverNonce),
  }
}
