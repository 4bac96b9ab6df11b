import { DecodeError } from "../errors.ts"

/** Looks up a header by its name in lower case; undefined when it was not sent. */
export type HeaderLookup = (name: string) => string | undefined

/** A header to be sent. */
export type HeaderField = readonly [name: string, value: string]

/** The subprotocol without which nothing here is Mosaic (specification, "Mosaic over Websockets"). */
export const WEBSOCKET_SUBPROTOCOL = "mosaic2025"

export const HEADER = {
  versions: "X-Mosaic-Versions",
  features: "X-Mosaic-Features",
  authenticateAs: "X-Mosaic-Authenticate-As",
  serverNonce: "X-Mosaic-Server-Authenticate-Nonce",
  version: "X-Mosaic-Version",
  featuresAccepted: "X-Mosaic-Features-Accepted",
  serverProof: "X-Mosaic-Server-Authentication",
  clientNonce: "X-Mosaic-Client-Authenticate-Nonce",
  serviceUrl: "X-Mosaic-Service-Url",
} as const

/** The most numbers that one header may list. */
const MAX_NUMBERS = 1_024
const MAX_LIST_LENGTH = MAX_NUMBERS * 12

/**
 * Reads decimal numbers, comma-separated, blanks around them allowed; an empty value is an empty list.
 *
 * @throws {DecodeError} naming the header, for anything else, a number above `most`, or more than 1,024 of them.
 */
export function parseNumbers(name: string, value: string, most: number): number[] {
  if (value.trim() === "") return []
  if (value.length > MAX_LIST_LENGTH) throw new DecodeError(`${name}: too long`, MAX_LIST_LENGTH)
  const parts = value.split(",")
  if (parts.length > MAX_NUMBERS) throw new DecodeError(`${name}: too many numbers`, value.length)
  return parts.map((part) => {
    const text = part.trim()
    const number = /^\d{1,10}$/.test(text) ? Number(text) : Infinity
    if (number > most) throw new DecodeError(`${name}: not a list of numbers`, value.indexOf(part))
    return number
  })
}

/** Whether `Sec-WebSocket-Protocol` offers or grants Mosaic: a comma-separated list of names. */
export function hasMosaicProtocol(value: string | undefined): boolean {
  return value !== undefined && value.length <= MAX_LIST_LENGTH && value.split(",").some((part) => part.trim() === WEBSOCKET_SUBPROTOCOL)
}
