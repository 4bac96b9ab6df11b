import { concatBytes } from "@tessera/mosaic"
import { u16, u24, u32, zeros } from "./bytes.ts"
import { TYPE } from "./type.ts"

/** A message with a length of 24 bits: type, length, four bytes of its own (zeros when not given), the rest. */
export function framed(type: number, fields: Uint8Array = zeros(4), ...body: readonly Uint8Array[]): Uint8Array {
  const rest = concatBytes(fields, ...body)
  return concatBytes(Uint8Array.of(type), u24(4 + rest.length), rest)
}

export function hello(applications: readonly number[] = [0, 1, 99], version = 0): Uint8Array {
  return framed(TYPE.HELLO, concatBytes(zeros(2), u16(version)), ...applications.map(u32))
}

export function get(queryId: number, references: readonly Uint8Array[]): Uint8Array {
  return framed(TYPE.GET, concatBytes(u16(queryId), zeros(2)), ...references)
}

export function query(queryId: number, filter: Uint8Array, limit = 0): Uint8Array {
  return framed(TYPE.QUERY, concatBytes(u16(queryId), u16(limit)), filter)
}

export function subscribe(queryId: number, filter: Uint8Array, limit = 0): Uint8Array {
  return framed(TYPE.SUBSCRIBE, concatBytes(u16(queryId), u16(limit)), filter)
}

export const unsubscribe = (queryId: number): Uint8Array => framed(TYPE.UNSUBSCRIBE, concatBytes(u16(queryId), zeros(2)))

export const submission = (record: Uint8Array): Uint8Array => framed(TYPE.SUBMISSION, zeros(4), record)

export const unrecognized = (): Uint8Array => framed(TYPE.UNRECOGNIZED)

/** @param selector 0 for a user's bootstrap, 1 for a server's. */
export const dhtLookup = (selector: number, key: Uint8Array): Uint8Array =>
  framed(TYPE.DHT_LOOKUP, concatBytes(Uint8Array.of(selector), zeros(3)), key)

/** Of a server's bootstrap. */
export const dhtPut = (key: Uint8Array, sequence: Uint8Array, signature: Uint8Array, text: Uint8Array): Uint8Array =>
  framed(TYPE.DHT_PUT, Uint8Array.of(1, 0, 0, 0), key, sequence, signature, text)

/** The header of a blob; its content follows. */
export const blobSubmission = (length: number, hash: Uint8Array): Uint8Array =>
  concatBytes(Uint8Array.of(TYPE.BLOB_SUBMISSION, 0), u32(length), u16(Math.floor(length / 2 ** 32)), hash)

export const blobGet = (hash: Uint8Array): Uint8Array => concatBytes(Uint8Array.of(TYPE.BLOB_GET), zeros(7), hash)
