import { decodeUtf8, toHex } from "../bytes.ts"
import { DecodeError } from "../errors.ts"
import { formatUserKey, formatReference } from "../human.ts"
import { type Kind, kindApplication, kindHandling, kindIsPrintable, kindNumber, kindReaders } from "../kind.ts"
import { type CoreTag, readCoreTag } from "../tags/core-tag.ts"
import type { Tag } from "../tags/tag.ts"
import { formatTimestamp } from "../timestamp.ts"
import type { VerifiedRecord } from "./verified.ts"

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue }

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
  switch (tag.name) {
    case "notify":
    case "subkey":
    case "nostrSister":
      return { name: tag.name, key: toHex(tag.key) }
    case "userMention":
    case "serverMention":
      return { name: tag.name, offset: tag.offset, key: toHex(tag.key) }
    case "reply":
    case "root":
      return { name: tag.name, kind: kindToJson(tag.kind), reference: formatReference(tag.reference) }
    case "quote":
      return { name: tag.name, offset: tag.offset, kind: kindToJson(tag.kind), reference: formatReference(tag.reference) }
    case "url":
    case "image":
    case "video":
      return { name: tag.name, offset: tag.offset, url: tag.url }
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
  try {
    return { length: bytes.length, text: decodeUtf8(bytes) }
  } catch {
    return { length: bytes.length, hex: toHex(bytes) }
  }
}
