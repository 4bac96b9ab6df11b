import { equalBytes } from "./bytes.ts"
import { decodeCbor, encodeCbor } from "./cbor.ts"
import { DecodeError, VerifyError } from "./errors.ts"
import { PROFILE } from "./kinds.ts"
import type { VerifiedRecord } from "./record/verified.ts"
import { readWebpSize } from "./webp.ts"

/** What a person says about themself (specification, "Profile"). Other fields may be added; their names are snake-case. */
export interface Profile {
  /** Typeable ASCII (0x20 to 0x7e), not empty: what `@name` refers to. Not unique. */
  readonly name: string
  /** Any text, for display. */
  readonly display_name?: string
  readonly about?: string
  /** WebP, at most 320 pixels in either dimension; animated, perhaps. */
  readonly avatar?: Uint8Array
  /** A URL; not checked. */
  readonly website?: string
  /** WebP, at most 1280 wide and 720 high. */
  readonly banner?: Uint8Array
  /** An organisation's profile. */
  readonly org?: boolean
  /** A program's profile. */
  readonly bot?: boolean
  /** A lightning payment address. */
  readonly lud16?: string
  readonly [other: string]: unknown
}

const TYPEABLE_ASCII = /^[\x20-\x7e]+$/
const SNAKE_CASE = /^[a-z][a-z0-9_]*$/
const MAX_FIELDS = 256

const TEXTS = ["name", "display_name", "about", "website", "lud16"] as const
const FLAGS = ["org", "bot"] as const
const PICTURES = [
  { field: "avatar", width: 320, height: 320 },
  { field: "banner", width: 1280, height: 720 },
] as const

/** Whether a profile may have this name: typeable ASCII, not empty. */
export const isProfileName = (name: string): boolean => TYPEABLE_ASCII.test(name)

/**
 * Writes a profile's payload: a CBOR map, keys in canonical order. Fields that are `undefined` are left out.
 *
 * @throws {TypeError} when a field has another type or form than it must, a picture is no WebP or too large, or a field's name is not snake-case.
 */
export function encodeProfile(profile: Profile): Uint8Array {
  const fields = new Map(Object.entries(profile).filter(([, value]) => value !== undefined))
  for (const name of fields.keys()) {
    if (!SNAKE_CASE.test(name)) throw new TypeError(`profile field ${JSON.stringify(name)} is not snake-case`)
  }
  try {
    check(fields)
  } catch (error) {
    if (error instanceof DecodeError) throw new TypeError(error.reason, { cause: error })
    throw error
  }
  return encodeCbor(fields)
}

/**
 * Reads a profile's payload. Fields that the specification does not name are kept as they are (CBOR maps as `Map`).
 *
 * @throws {DecodeError} when it is not a CBOR map with text keys, the name is missing or not typeable ASCII, a field has another type than it must, a
 *   picture is no WebP or too large, or there are more than 256 fields.
 */
export function decodeProfile(payload: Uint8Array): Profile {
  const fields = decodeCbor(payload)
  if (!(fields instanceof Map)) throw new DecodeError("profile: not a map")
  check(fields)
  // Defines each key as its own, `__proto__` too.
  return Object.fromEntries<unknown>(fields) as Profile
}

/**
 * Reads the profile in a record.
 *
 * @throws {VerifyError} when the record is of another kind, or not signed by the author's master key.
 * @throws {DecodeError} as `decodeProfile`.
 */
export function readProfile(record: VerifiedRecord): Profile {
  if (record.kind !== PROFILE) throw new VerifyError("profile: another kind")
  if (!equalBytes(record.signer, record.author)) throw new VerifyError("profile: not signed by the master key")
  return decodeProfile(record.readPayload())
}

function check(fields: ReadonlyMap<unknown, unknown>): void {
  if (fields.size > MAX_FIELDS) throw new DecodeError(`profile: more than ${MAX_FIELDS} fields`)
  for (const key of fields.keys()) {
    if (typeof key !== "string") throw new DecodeError("profile: a field's name is not text")
  }
  const name = fields.get("name")
  if (name === undefined) throw new DecodeError("profile: no name")
  for (const field of TEXTS) requireType(fields, field, "text", (value) => typeof value === "string")
  for (const field of FLAGS) requireType(fields, field, "a boolean", (value) => typeof value === "boolean")
  if (typeof name === "string" && !isProfileName(name)) throw new DecodeError("profile: name is not typeable ASCII")
  for (const { field, width, height } of PICTURES) {
    requireType(fields, field, "bytes", (value) => value instanceof Uint8Array)
    const picture = fields.get(field)
    if (picture instanceof Uint8Array) requirePicture(field, picture, width, height)
  }
}

function requireType(fields: ReadonlyMap<unknown, unknown>, field: string, type: string, is: (value: unknown) => boolean): void {
  if (fields.has(field) && !is(fields.get(field))) throw new DecodeError(`profile: ${field} is not ${type}`)
}

function requirePicture(field: string, picture: Uint8Array, maxWidth: number, maxHeight: number): void {
  let size
  try {
    size = readWebpSize(picture)
  } catch (error) {
    if (error instanceof DecodeError) throw new DecodeError(`profile: ${field}: ${error.reason}`)
    throw error
  }
  if (size.width > maxWidth || size.height > maxHeight) {
    throw new DecodeError(`profile: ${field} of ${size.width} x ${size.height} pixels, at most ${maxWidth} x ${maxHeight}`)
  }
}
