import { randomBytes } from "node:crypto"
import { type PublicKey, type SecretKey, encodeUtf8, formatServerKey, formatUserKey, prehash, publicKeyOf, sign } from "@tessera/mosaic"
import { skip } from "../verdict.ts"
import { type UpgradeRequest, type WebSocketWire, requestUpgrade, webSocketWire } from "./dial-websocket.ts"
import { framed } from "./message.ts"
import { TYPE } from "./type.ts"
import type { Target } from "../target.ts"

export const SUBPROTOCOL = "mosaic2025"

/** Headers of the WebSockets page. */
export const HEADER = {
  versions: "X-Mosaic-Versions",
  features: "X-Mosaic-Features",
  authenticateAs: "X-Mosaic-Authenticate-As",
  serverNonce: "X-Mosaic-Server-Authenticate-Nonce",
  version: "x-mosaic-version",
  featuresAccepted: "x-mosaic-features-accepted",
  serverProof: "x-mosaic-server-authentication",
  clientNonce: "x-mosaic-client-authenticate-nonce",
  serviceUrl: "x-mosaic-service-url",
} as const

export const HELLO = { [HEADER.versions]: "0", [HEADER.features]: "0,1,99" } as const

/** 32 random bytes in base64url. */
export const newNonce = (): string => randomBytes(32).toString("base64url")

/** Hello Auth for what a server gave. (Settled: `mosaic-auth:`, the server's key, `:`, its nonce.) */
export function helloAuth(secret: SecretKey, serverKey: PublicKey, nonce: string): Uint8Array {
  return framed(TYPE.HELLO_AUTH, undefined, sign(prehash(encodeUtf8(`mosaic-auth:${formatServerKey(serverKey)}:${nonce}`)), secret))
}

/** What a server signs to prove its key. (Settled.) */
export const serverProofText = (nonce: string): Uint8Array => encodeUtf8(`mosaic-server-auth:${nonce}`)

export const serverKeyOf = ({ serverKey }: Target): PublicKey => serverKey ?? skip("name the server's key with --server-key")

/** A WebSocket with these headers. @throws {RuleFailure} when the server refuses. */
export async function dialWebSocket(target: Target, headers: UpgradeRequest["headers"]): Promise<WebSocketWire> {
  return webSocketWire(await requestUpgrade(target, { protocol: SUBPROTOCOL, headers }))
}

/** Hello in headers; with a key, also the header that says so. */
export const helloHeaders = (as?: SecretKey): UpgradeRequest["headers"] =>
  as === undefined ? HELLO : { ...HELLO, [HEADER.authenticateAs]: formatUserKey(publicKeyOf(as)) }
