import { decodeUtf8, encodeUtf8, equalBytes } from "./bytes.ts"
import { DecodeError, VerifyError } from "./errors.ts"
import { type SecretKey, publicKeyOf } from "./keys/secret-key.ts"
import { type Nonce, nonceFromText } from "./nonce.ts"
import { buildRecord } from "./record/build.ts"
import type { VerifiedRecord } from "./record/verified.ts"
import { MAX_SERVICE_URL, isServiceUrl } from "./service-url.ts"
import { SERVICE } from "./tessera-kinds.ts"
import type { Timestamp } from "./timestamp.ts"

/** The nonce of a Service record: a server has one. */
export const SERVICE_NONCE: Nonce = nonceFromText("service")

/**
 * Builds and signs a Service record: the payload is the URL, or nothing to take an earlier one back.
 *
 * @throws {RangeError} when it is no service URL.
 */
export function buildService(parts: { readonly server: SecretKey; readonly timestamp: Timestamp; readonly url: string }): VerifiedRecord {
  const { server, timestamp, url } = parts
  if (url !== "" && !isServiceUrl(url)) throw new RangeError("url: no service URL")
  return buildRecord({
    author: publicKeyOf(server),
    signer: server,
    kind: SERVICE,
    nonce: SERVICE_NONCE,
    timestamp,
    payload: encodeUtf8(url),
  })
}

/**
 * Reads the URL in a Service record; undefined when the server took an earlier one back.
 *
 * @throws {VerifyError} when the record is of another kind, or not signed by its author's own key.
 * @throws {DecodeError} when its payload is no service URL.
 */
export function readService(record: VerifiedRecord): string | undefined {
  if (record.kind !== SERVICE) throw new VerifyError("service: another kind")
  if (!equalBytes(record.signer, record.author)) throw new VerifyError("service: not signed by the server")
  const payload = record.readPayload()
  if (payload.length === 0) return undefined
  const url = payload.length > MAX_SERVICE_URL ? "" : decodeUtf8(payload)
  if (!isServiceUrl(url)) throw new DecodeError("service: no URL")
  return url
}
