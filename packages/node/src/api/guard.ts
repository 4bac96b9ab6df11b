import { createHash, timingSafeEqual } from "node:crypto"
import type { IncomingHttpHeaders } from "node:http"
import type { ErrorCode } from "./contract.ts"

/** What of a request decides whether it is looked at. */
export interface GuardedRequest {
  readonly method: string
  /** Path, without the query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** How many Host headers there are: a second one could say anything. */
  readonly hosts: number
}

export interface GuardOptions {
  readonly port: number
  readonly token: string
  /** Paths that are answered without a token: the page and its files. */
  readonly isPublic: (method: string, path: string) => boolean
  /** Bytes that the body for a path may have. */
  readonly bodyLimit: (path: string) => number
}

export type GuardVerdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly status: 400 | 401 | 403 | 413; readonly code: ErrorCode; readonly message: string }

/**
 * Lets in only who was shown the address of this start, from this machine, on a page of ours. A page of somebody else in the same browser fails at Host (it
 * may point its own name at this machine), at Origin, and at the token, which it cannot know.
 */
export function guard(request: GuardedRequest, { port, token, isPublic, bodyLimit }: GuardOptions): GuardVerdict {
  const { method, path, headers, hosts } = request
  const { host, origin } = headers
  if (hosts !== 1 || host === undefined || !isOwnHost(host, port)) {
    return refuse(403, "badHost", "This address is not Tessera's. Open Tessera by the link that it showed when it started.")
  }
  if (origin !== undefined && origin !== `http://${host}`)
    return refuse(403, "badHost", "Another page asked for this. Tessera answers only its own.")
  if (!isPublic(method, path)) {
    const site = headers["sec-fetch-site"]
    if (site !== undefined && site !== "same-origin" && site !== "none")
      return refuse(403, "badHost", "Another page asked for this. Tessera answers only its own.")
    if (!holdsToken(headers.authorization, token)) {
      return refuse(401, "badToken", "This page belongs to an earlier start of Tessera. Open Tessera again by the link that it shows.")
    }
  }
  return guardBody(headers, bodyLimit(path))
}

/** Refuses a body by what it says of its length, before any of it is read. */
export function guardBody(headers: IncomingHttpHeaders, limit: number): GuardVerdict {
  const length = headers["content-length"]
  if (length !== undefined && !/^\d{1,15}$/.test(length)) return refuse(400, "badRequest", "The length of this request is no number.")
  if (length !== undefined && Number(length) > limit)
    return refuse(413, "tooLarge", "This is too large to be sent. Make it smaller and try again.")
  return { ok: true }
}

function isOwnHost(host: string, port: number): boolean {
  const names = ["127.0.0.1", "localhost"]
  return names.some((name) => host === `${name}:${port}` || (port === 80 && host === name))
}

/** In constant time: hashes of one length are compared, whatever was sent. */
function holdsToken(authorization: string | undefined, token: string): boolean {
  const sent = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(authorization ?? "")?.[1] ?? ""
  return timingSafeEqual(digest(sent), digest(token))
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest()

const refuse = (status: 400 | 401 | 403 | 413, code: ErrorCode, message: string): GuardVerdict => ({ ok: false, status, code, message })
