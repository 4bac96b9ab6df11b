import { decodeUtf8, toHex } from "../bytes.ts"
import { DecodeError } from "../errors.ts"
import { HUMAN_PREFIX, formatReference, formatUserKey } from "../human.ts"
import { type Kind, kindApplication, kindHandling, kindIsPrintable, kindNumber, kindReaders } from "../kind.ts"
import { type CoreTag, readCoreTag } from "../tags/core-tag.ts"
import type { Tag } from "../tags/tag.ts"
import { formatTimestamp } from "../timestamp.ts"
import { encodeZbase32 } from "../zbase32.ts"
import type { VerifiedRecord } from "./verified.ts"

/** What JSON can hold. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue }

/** How the keys in tags are printed; others, which are not of Mosaic or of any algorithm, in hexadecimal. Tags hold keys that nobody has validated. */
const KEY_FORMAT: { readonly [name in CoreTag["name"]]?: (key: Uint8Array) => string } = {
  notify: (key) => HUMAN_PREFIX.userKey + encodeZbase32(key),
  userMention: (key) => HUMAN_PREFIX.userKey + encodeZbase32(key),
  serverMention: (key) => HUMAN_PREFIX.serverKey + encodeZbase32(key),
}

/** Everything a record says, for people and tools to read: keys and references as they are printed, other bytes in hexadecimal. It never throws. */
export function recordToJson(record: VerifiedRecord): { readonly [key: string]: JsonValue } {
  return {
    id: formatReference(record.id),
    idHex: toHex(record.id),
    address: formatReference(record.address),
    addressHex: toHex(record.address),
    nonce: toHex(record.nonce),
    kind: kindToJson(record.kind),
    author: formatUserKey(record.author),
    signer: formatUserKey(record.signer),
    timestamp: record.timestamp.toString(),
    time: formatTimestamp(record.timestamp),
    flags: { fromAuthor: record.isFromAuthor, zstd: record.isCompressed, hex: toHex(record.flags) },
    tags: record.tags.map(tagToJson),
    payload: payloadToJson(record),
    signature: toHex(record.signature),
    length: record.bytes.length,
  }
}

function kindToJson(kind: Kind): JsonValue {
  return {
    hex: kind.toString(16).padStart(16, "0"),
    application: kindApplication(kind),
    number: kindNumber(kind),
    handling: kindHandling(kind),
    readers: kindReaders(kind),
    printable: kindIsPrintable(kind),
  }
}

function tagToJson(tag: Tag): JsonValue {
  const core = readCoreTag(tag)
  return { type: tag.type, ...(core === undefined ? { name: null } : coreTagToJson(core)), hex: toHex(tag.value) }
}

function coreTagToJson(tag: CoreTag): { readonly [key: string]: JsonValue } {
  return {
    name: tag.name,
    ...("offset" in tag ? { offset: tag.offset } : {}),
    ...("key" in tag ? { key: (KEY_FORMAT[tag.name] ?? toHex)(tag.key) } : {}),
    ...("kind" in tag ? { kind: kindToJson(tag.kind), reference: formatReference(tag.reference) } : {}),
    ...("url" in tag ? { url: tag.url } : {}),
  }
}

function payloadToJson(record: VerifiedRecord): JsonValue {
  let bytes: Uint8Array
  try {
    bytes = record.readPayload()
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    return { error: error.reason, length: record.payload.length, hex: toHex(record.payload) }
  }
  const text = readableText(bytes)
  return text === undefined ? { length: bytes.length, hex: toHex(bytes) } : { length: bytes.length, text }
}

/** Text that a person can read: UTF-8 without control characters but tabs and line ends. */
function readableText(bytes: Uint8Array): string | undefined {
  try {
    const text = decodeUtf8(bytes)
    return /[^\P{Cc}\t\n\r]/u.test(text) ? undefined : text
  } catch {
    return undefined
  }
}
