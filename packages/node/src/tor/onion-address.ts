import { createHash } from "node:crypto"
import { DecodeError, isPublicKey, parsePublicKey } from "@tessera/mosaic"
import type { PublicKey } from "@tessera/mosaic"
import { decodeBase32, encodeBase32 } from "./base32.ts"

declare const brand: unique symbol

/** The address of an onion service, version 3: 56 characters of base 32 and `.onion`, in small letters. It is the service's public key. */
export type OnionAddress = string & { readonly [brand]: "OnionAddress" }

// Layout (rend-spec-v3, "Encoding onion addresses"): [0:32] key, [32:34] checksum, [34] version.
const LENGTH = 35
const VERSION = 3
const SUFFIX = ".onion"
const TEXT_LENGTH = 56 + SUFFIX.length

/**
 * Reads an onion address; large letters count as small ones.
 * @throws {DecodeError} `onion address: …` when it is none of version 3, was mistyped, or holds a key that no service has.
 */
export function parseOnionAddress(text: string): OnionAddress {
  if (text.length !== TEXT_LENGTH) throw new DecodeError("onion address: length")
  const small = text.toLowerCase()
  const bytes = small.endsWith(SUFFIX) ? decodeBase32(small.slice(0, -SUFFIX.length)) : undefined
  if (bytes?.length !== LENGTH) throw new DecodeError("onion address: characters")
  if (bytes[34] !== VERSION) throw new DecodeError("onion address: version")
  const key = bytes.subarray(0, 32)
  const [first, second] = checksum(key)
  if (bytes[32] !== first || bytes[33] !== second) throw new DecodeError("onion address: checksum")
  if (!isPublicKey(key)) throw new DecodeError("onion address: key")
  return small as OnionAddress
}

/** Whether `parseOnionAddress` would read it. */
export function isOnionAddress(text: string): boolean {
  try {
    parseOnionAddress(text)
    return true
  } catch {
    return false
  }
}

/** The address of the service whose key this is. */
export function formatOnionAddress(key: PublicKey): OnionAddress {
  return (encodeBase32(Uint8Array.of(...key, ...checksum(key), VERSION)) + SUFFIX) as OnionAddress
}

/** The service's public key. */
export function onionPublicKey(address: OnionAddress): PublicKey {
  const bytes = decodeBase32(address.slice(0, -SUFFIX.length))
  if (bytes === undefined) throw new TypeError("address was not parsed")
  return parsePublicKey(bytes.subarray(0, 32))
}

function checksum(key: Uint8Array): Uint8Array {
  return createHash("sha3-256").update(".onion checksum").update(key).update(Uint8Array.of(VERSION)).digest().subarray(0, 2)
}
