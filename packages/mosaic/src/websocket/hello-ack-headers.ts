import { DecodeError } from "../errors.ts"
import { SIGNATURE_LENGTH } from "../keys/signature.ts"
import { isServiceUrl } from "../service-url.ts"
import { type AuthNonce, parseAuthNonce } from "./auth-nonce.ts"
import { decodeBase64, encodeBase64 } from "./base64.ts"
import { HEADER, type HeaderField, type HeaderLookup, parseNumbers } from "./header-fields.ts"

/** Hello Ack as the headers of an upgrade response say it. (Specification: websockets) */
export interface HelloAckHeaders {
  /** The one major version to speak. */
  readonly version: number
  /** The applications that the server grants. */
  readonly featuresAccepted: readonly number[]
  /** Its signature of the client's nonce, 64 bytes. */
  readonly serverProof: Uint8Array | undefined
  /** For the client to sign, when it wants to authenticate. */
  readonly clientNonce: AuthNonce | undefined
  /** Where people settle their relationship with the server: not a Mosaic address. To be shown, and never opened without being asked. */
  readonly serviceUrl: string | undefined
}

/** Writes Hello Ack as headers of an upgrade response. */
export function formatHelloAckHeaders(ack: HelloAckHeaders): HeaderField[] {
  const fields: HeaderField[] = [
    [HEADER.version, String(ack.version)],
    [HEADER.featuresAccepted, ack.featuresAccepted.join(",")],
  ]
  if (ack.serverProof !== undefined) fields.push([HEADER.serverProof, encodeBase64(ack.serverProof)])
  if (ack.clientNonce !== undefined) fields.push([HEADER.clientNonce, ack.clientNonce])
  if (ack.serviceUrl !== undefined) fields.push([HEADER.serviceUrl, ack.serviceUrl])
  return fields
}

/** Reads Hello Ack from the headers of an upgrade response. @throws {DecodeError} naming the header that is missing or malformed. */
export function parseHelloAckHeaders(header: HeaderLookup): HelloAckHeaders {
  const [version, ...others] = parseNumbers(HEADER.version, header(HEADER.version.toLowerCase()) ?? "", 0xffff)
  if (version === undefined || others.length > 0) throw new DecodeError(`${HEADER.version}: one number expected`)
  const serverProof = header(HEADER.serverProof.toLowerCase())
  const clientNonce = header(HEADER.clientNonce.toLowerCase())
  const serviceUrl = header(HEADER.serviceUrl.toLowerCase())
  if (serviceUrl !== undefined && !isServiceUrl(serviceUrl)) throw new DecodeError(`${HEADER.serviceUrl}: not a web address`)
  return {
    version,
    featuresAccepted: parseNumbers(HEADER.featuresAccepted, header(HEADER.featuresAccepted.toLowerCase()) ?? "", 0xffff_ffff),
    serverProof: serverProof === undefined ? undefined : decodeBase64(serverProof, SIGNATURE_LENGTH),
    clientNonce: clientNonce === undefined ? undefined : parseAuthNonce(clientNonce),
    serviceUrl,
  }
}
