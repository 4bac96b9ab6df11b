import { xchacha20poly1305 } from "@noble/ciphers/chacha.js"
import { hmac } from "@noble/hashes/hmac.js"
import { sha256 } from "@noble/hashes/sha2.js"
import { buildRecord, DecodeError, equalBytes, makeAddress, makeKind, nonceFromBytes, parseTimestamp, VerifyError } from "@tessera/mosaic"
import type { Kind, Nonce, Timestamp, VerifiedRecord } from "@tessera/mosaic"
import { decodeFirst, encode } from "cborg"
import type { Random } from "../ports.ts"
import type { PersonSecrets } from "../vault/vault.ts"
import { paddedLength } from "./padding.ts"

/** Personal state: replaceable, for its author only, not printable (flags 0x02 of our application). */
export const STATE: Kind = makeKind({ application: 0x70068b0c, number: 2, handling: "replaceable", readers: "author", printable: false })

/** The keys that seal, name and sign personal state. */
export type StateKeys = Pick<PersonSecrets, "person" | "device" | "state">

/** What one State record says. */
export interface SealedItem {
  readonly type: string
  readonly key: string
  /** Plain data; `null` is a deletion. */
  readonly value: unknown
  readonly at: Timestamp
}

const VERSION = 1
const NONCE_LENGTH = 24
const LONGEST_TYPE = 64
const LONGEST_KEY = 512

/** The address nonce of an item: HMAC-SHA-256(state key, type ‖ 0 ‖ key)[0..8] with the top bit set, so that an address tells nothing of its item. */
export function stateNonce(stateKey: Uint8Array, type: string, key: string): Nonce {
  return nonceFromBytes(hmac(sha256, stateKey, new TextEncoder().encode(`${type}\0${key}`)).subarray(0, 8))
}

/**
 * Seals an item: a nonce, then XChaCha20-Poly1305 under the state key over CBOR { v, type, key, value, at } and zeros (Padmé), bound to the record's address.
 * @throws {RangeError} for a type beyond 64 characters, a key beyond 512, or a value too large for a record.
 */
export function sealState(
  item: SealedItem,
  options: { readonly keys: StateKeys; readonly timestamp: Timestamp; readonly random: Random },
): VerifiedRecord {
  const { keys, timestamp, random } = options
  if (item.type === "" || item.type.length > LONGEST_TYPE || item.type.includes("\0"))
    throw new RangeError("type must have 1 to 64 characters, none of them NUL")
  if (item.key.length > LONGEST_KEY) throw new RangeError("key must have at most 512 characters")
  const nonce = stateNonce(keys.state, item.type, item.key)
  const cbor = encode({ v: VERSION, type: item.type, key: item.key, value: item.value, at: item.at })
  const plain = new Uint8Array(paddedLength(cbor.length))
  plain.set(cbor)
  const sealNonce = random(NONCE_LENGTH)
  const sealed = xchacha20poly1305(keys.state, sealNonce, makeAddress({ nonce, kind: STATE, author: keys.person })).encrypt(plain)
  return buildRecord({
    author: keys.person,
    signer: keys.device,
    kind: STATE,
    nonce,
    timestamp,
    payload: Uint8Array.of(...sealNonce, ...sealed),
  })
}

/**
 * Opens a State record of the person.
 * @throws {VerifyError} when it was not sealed under this state key for this address.
 * @throws {DecodeError} when what is sealed is no item, or a newer version's.
 */
export function openState(record: VerifiedRecord, stateKey: Uint8Array): SealedItem {
  if (record.kind !== STATE) throw new VerifyError("not a State record")
  const item = readItem(decrypt(record, stateKey))
  if (!equalBytes(stateNonce(stateKey, item.type, item.key), record.nonce)) throw new VerifyError("state stands at another item's address")
  return item
}

function decrypt(record: VerifiedRecord, stateKey: Uint8Array): Uint8Array {
  const payload = record.readPayload()
  if (payload.length < NONCE_LENGTH + 16) throw new DecodeError("state too short", payload.length)
  try {
    return xchacha20poly1305(stateKey, payload.subarray(0, NONCE_LENGTH), record.address).decrypt(payload.subarray(NONCE_LENGTH))
  } catch {
    // Lengths are right, so only the tag can be wrong.
    throw new VerifyError("state does not open")
  }
}

function readItem(plain: Uint8Array): SealedItem {
  const [map, rest] = decodeCbor(plain)
  if (rest.some((byte) => byte !== 0)) throw new DecodeError("state padding", plain.length - rest.length)
  if (typeof map !== "object" || map === null) throw new DecodeError("state is no map")
  const fields = new Map<string, unknown>(Object.entries(map))
  if (fields.get("v") !== VERSION) throw new DecodeError("state version")
  const type = fields.get("type")
  const key = fields.get("key")
  const at = fields.get("at")
  if (typeof type !== "string" || typeof key !== "string" || !(typeof at === "number" || typeof at === "bigint"))
    throw new DecodeError("state fields")
  return { type, key, value: fields.get("value") ?? null, at: parseTimestamp(BigInt(at)) }
}

function decodeCbor(plain: Uint8Array): [unknown, Uint8Array] {
  try {
    return decodeFirst(plain, { rejectDuplicateMapKeys: true })
  } catch (error) {
    throw new DecodeError(`state CBOR: ${error instanceof Error ? error.message : "unreadable"}`)
  }
}
