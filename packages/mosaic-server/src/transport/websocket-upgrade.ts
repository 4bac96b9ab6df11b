import { randomBytes } from "node:crypto"
import type { IncomingMessage } from "node:http"
import {
  type Granted,
  type HeaderField,
  type HelloHeaders,
  type KeyProof,
  type SecretKey,
  AUTH_NONCE_LENGTH,
  DecodeError,
  VerifyError,
  formatAuthNonce,
  formatHelloAckHeaders,
  hasMosaicProtocol,
  parseHelloHeaders,
  serverProofText,
  signProof,
} from "@tessera/mosaic"
import type { MosaicServer } from "../server.ts"

/** An HTTP status. */
export const BAD_REQUEST = "400 Bad Request"
/** The only major version there is. */
const VERSION = 0

/** What a request to upgrade gets: headers and what was agreed with them, or an HTTP status. */
export type UpgradeAnswer =
  | { readonly headers: readonly HeaderField[]; readonly agreed: { readonly granted?: Granted; readonly keyProof: KeyProof } }
  | { readonly status: string; readonly reason: string }

/** Answers the headers of a request: Hello in them gets Hello Ack in headers; without, Hello comes as a message, as from browsers. */
export function answerUpgrade(
  request: IncomingMessage,
  {
    server,
    secretKey,
    serviceUrl,
  }: { readonly server: MosaicServer; readonly secretKey: SecretKey; readonly serviceUrl: string | undefined },
): UpgradeAnswer {
  const header = (name: string): string | undefined => {
    const value = request.headers[name]
    return Array.isArray(value) ? value.join(",") : value
  }
  if (!hasMosaicProtocol(header("sec-websocket-protocol"))) return refuse(BAD_REQUEST, "The subprotocol mosaic2025 is wanted.")
  let hello: HelloHeaders | undefined
  try {
    hello = parseHelloHeaders(header)
  } catch (error) {
    if (error instanceof DecodeError || error instanceof VerifyError) return refuse(BAD_REQUEST, error.reason)
    throw error
  }
  const makeNonce = (): Uint8Array => randomBytes(AUTH_NONCE_LENGTH)
  const prove: KeyProof["prove"] = (nonce) => signProof(serverProofText(nonce), secretKey)
  if (hello === undefined) {
    const headers: HeaderField[] = serviceUrl === undefined ? [] : [["X-Mosaic-Service-Url", serviceUrl]]
    return { headers, agreed: { keyProof: { claim: undefined, makeNonce, prove } } }
  }
  if (!hello.versions.includes(VERSION)) return refuse(BAD_REQUEST, `This server speaks version ${VERSION} of Mosaic.`)
  const granted = server.grant({ version: VERSION, applications: hello.features })
  const key = hello.authenticateAs
  const claim = key === undefined ? undefined : { key, nonce: formatAuthNonce(makeNonce()) }
  const headers = formatHelloAckHeaders({
    version: granted.version,
    featuresAccepted: granted.applications,
    serverProof: hello.serverNonce === undefined ? undefined : prove(hello.serverNonce),
    clientNonce: claim?.nonce,
    serviceUrl,
  })
  return { headers, agreed: { granted, keyProof: { claim, makeNonce, prove } } }
}

const refuse = (status: string, reason: string): UpgradeAnswer => ({ status, reason })
