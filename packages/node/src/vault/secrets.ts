import { parsePublicKey, parseSecretKey } from "@tessera/mosaic"
import type { PublicKey, SecretKey } from "@tessera/mosaic"
import { decode, encode } from "cborg"
import { malformed } from "./file.ts"

/** What this device holds for its person while the vault is open. The master key is not among it: it has a wrap of its own. */
export interface PersonSecrets {
  /** The person: public half of the master key. */
  readonly person: PublicKey
  /** Seed of this device's signing subkey (Ed25519). */
  readonly device: SecretKey
  /** Secret half of the person's encryption key (X25519), 32 bytes. */
  readonly encryption: Uint8Array
  /** Which home this is; raised when a device is removed. */
  readonly homeNumber: number
  /** Seeds of the home's two faces (Ed25519). */
  readonly door: SecretKey
  readonly friends: SecretKey
  /** Seals personal state, 32 bytes. */
  readonly state: Uint8Array
  /** Where the door listens, once chosen: 1 to 65,535. */
  readonly doorPort?: number
  /**
   * Records that the master signed when the vault was made (key schedule, Home, profile): whoever opens the vault puts those that are missing into the store,
   * so that a crash between the vault and the store loses nothing.
   */
  readonly firstRecords: readonly Uint8Array[]
}

/** Writes the secrets as CBOR. The caller wipes the bytes. */
export function encodeSecrets(secrets: PersonSecrets): Uint8Array {
  return encode({ ...secrets })
}

/**
 * Reads what `encodeSecrets` wrote; the bytes may be wiped afterwards.
 * @throws {VaultError} `malformed`.
 */
export function decodeSecrets(bytes: Uint8Array): PersonSecrets {
  try {
    const value: unknown = decode(bytes, { rejectDuplicateMapKeys: true })
    if (typeof value !== "object" || value === null) throw new TypeError("no map")
    const fields = new Map<string, unknown>(Object.entries(value))
    const doorPort = fields.get("doorPort")
    const firstRecords = fields.get("firstRecords")
    if (!Array.isArray(firstRecords)) throw new TypeError("firstRecords")
    return {
      person: parsePublicKey(readKey(fields, "person")),
      device: parseSecretKey(readKey(fields, "device")),
      encryption: readKey(fields, "encryption"),
      homeNumber: readNumber(fields.get("homeNumber"), 0, 0xffff_ffff),
      door: parseSecretKey(readKey(fields, "door")),
      friends: parseSecretKey(readKey(fields, "friends")),
      state: readKey(fields, "state"),
      ...(doorPort === undefined ? {} : { doorPort: readNumber(doorPort, 1, 65_535) }),
      firstRecords: firstRecords.map((record: unknown) => readBytes(record)),
    }
  } catch (cause) {
    throw malformed("its sealed part cannot be read", cause)
  }
}

/** Overwrites every secret. */
export function wipeSecrets(secrets: PersonSecrets): void {
  for (const secret of [secrets.device, secrets.encryption, secrets.door, secrets.friends, secrets.state]) secret.fill(0)
}

function readKey(fields: ReadonlyMap<string, unknown>, name: string): Uint8Array {
  const bytes = readBytes(fields.get(name))
  if (bytes.length !== 32) throw new TypeError(name)
  return bytes
}

function readBytes(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new TypeError("no bytes")
  return Uint8Array.from(value)
}

function readNumber(value: unknown, least: number, most: number): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > most) throw new TypeError("no number in bounds")
  return value
}
