import { DecodeError, copyBytes } from "@tessera/mosaic"
import { type Bencoded, type Dictionary, asBytes, asDictionary, asInteger, ascii, decodeBencode, encodeBencode } from "./bencode.ts"
import { type Contact, ID_LENGTH, decodeContacts } from "./contact.ts"

/** Length in bytes of a transaction id that we make: too long to be guessed by who does not see it. */
export const TRANSACTION_LENGTH = 6

/** The longest token that is sent back. */
const MAX_TOKEN_LENGTH = 128

const REPLY = "r".charCodeAt(0)
const ERROR = "e".charCodeAt(0)

/** What a node has answered to a query. */
export interface Reply {
  readonly id: Uint8Array
  readonly contacts: readonly Contact[]
  readonly token?: Uint8Array
  /** A mutable item, as far as the node sent one; not verified. */
  readonly item?: { readonly value: Uint8Array; readonly signature: Uint8Array; readonly sequence: bigint }
}

/** A datagram that answers one of our queries. `error` is the code of an error message, 0 when it has none. */
export type Answer = { readonly transaction: Uint8Array } & ({ readonly reply: Reply } | { readonly error: number })

/** Writes a query of a node that answers none itself (BEP 5, and `ro` of BEP 43). */
export function encodeQuery(transaction: Uint8Array, method: string, args: Dictionary): Uint8Array {
  const message = new Map<string, Bencoded>([
    ["a", args],
    ["q", ascii(method)],
    ["ro", 1n],
    ["t", transaction],
    ["y", ascii("q")],
  ])
  return encodeBencode(message)
}

/** Reads an answer. Whatever it holds is copied. @throws {DecodeError} for anything else: others' queries too, which are not answered. */
export function decodeAnswer(datagram: Uint8Array): Answer {
  const message = asDictionary(decodeBencode(datagram))
  const transaction = asBytes(message.get("t"))
  if (transaction?.length !== TRANSACTION_LENGTH) throw new DecodeError("transaction")
  const type = asBytes(message.get("y"))?.[0]
  if (type === REPLY) return { transaction, reply: decodeReply(asDictionary(message.get("r"))) }
  if (type !== ERROR) throw new DecodeError("no answer")
  const error = message.get("e")
  return { transaction, error: Number(Array.isArray(error) ? (asInteger(error[0] as Bencoded | undefined) ?? 0n) : 0n) }
}

function decodeReply(values: Dictionary): Reply {
  const id = asBytes(values.get("id"))
  if (id?.length !== ID_LENGTH) throw new DecodeError("node id")
  const contacts = [
    ...decodeContacts(asBytes(values.get("nodes")) ?? NOTHING, 4),
    ...decodeContacts(asBytes(values.get("nodes6")) ?? NOTHING, 6),
  ]
  const token = asBytes(values.get("token"))
  const [value, signature, sequence] = [asBytes(values.get("v")), asBytes(values.get("sig")), asInteger(values.get("seq"))]
  return {
    id: copyBytes(id),
    contacts,
    ...(token === undefined || token.length > MAX_TOKEN_LENGTH ? {} : { token: copyBytes(token) }),
    ...(value === undefined || signature === undefined || sequence === undefined
      ? {}
      : { item: { value: copyBytes(value), signature: copyBytes(signature), sequence } }),
  }
}

const NOTHING = new Uint8Array(0)
