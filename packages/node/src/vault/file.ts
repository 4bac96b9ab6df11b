import { sha256 } from "@noble/hashes/sha2.js"
import { toHex } from "@tessera/mosaic"
import { isArgon2Cost } from "./cost.ts"
import { VaultError } from "./errors.ts"
import type { PassphraseWrap } from "./wrap.ts"

/** Something under a key that is made from the data key. */
export interface SealedBox {
  /** 24 bytes. */
  readonly nonce: Uint8Array
  /** What is sealed, and 16 bytes of authenticator. */
  readonly sealed: Uint8Array
}

/** What stands in `vault.json`. */
export interface VaultFile {
  readonly dataKey: PassphraseWrap
  readonly master: PassphraseWrap
  readonly secrets: SealedBox
}

/** Longest vault file, in bytes. */
export const VAULT_FILE_LIMIT = 65_536
/** The version that this program writes and reads. */
export const VAULT_VERSION = 1

const FORMAT = "tessera vault"

/**
 * Writes the file as JSON with byte strings in base64url, and a checksum that tells damage from a wrong passphrase.
 * @throws {RangeError} when it would be longer than 64 KiB.
 */
export function encodeVaultFile(file: VaultFile): Uint8Array {
  const content = jsonOf(file)
  const bytes = new TextEncoder().encode(`${JSON.stringify({ ...content, check: checksum(content) }, undefined, 2)}\n`)
  if (bytes.length > VAULT_FILE_LIMIT) throw new RangeError(`the secrets are too many for a vault of ${VAULT_FILE_LIMIT} bytes`)
  return bytes
}

/** @throws {VaultError} `newerVersion` or `malformed`. */
export function decodeVaultFile(bytes: Uint8Array): VaultFile {
  if (bytes.length > VAULT_FILE_LIMIT) throw malformed("it is larger than any vault")
  const json = parseJson(bytes)
  checkVersion(json)
  const file = {
    dataKey: readWrap(json, "dataKey"),
    master: readWrap(json, "master"),
    secrets: readBox(json, "secrets", 16, VAULT_FILE_LIMIT),
  }
  if (json["check"] !== checksum(jsonOf(file))) throw malformed("its checksum does not fit")
  return file
}

/**
 * For those who are about to touch the folder in which the vault lies.
 * @throws {VaultError} `newerVersion`; a damaged vault passes, because it can be looked at without harm.
 */
export function refuseNewerVault(bytes: Uint8Array): void {
  try {
    checkVersion(parseJson(bytes.subarray(0, VAULT_FILE_LIMIT)))
  } catch (error) {
    if (!(error instanceof VaultError) || error.code === "newerVersion") throw error
  }
}

function checkVersion(json: Record<string, unknown>): void {
  if (json["format"] !== FORMAT) throw malformed("it does not say that it is a vault")
  const version = json["version"]
  if (typeof version !== "number" || !Number.isSafeInteger(version) || version < 1) throw malformed("its version is missing")
  if (version > VAULT_VERSION) {
    throw new VaultError(
      "newerVersion",
      "This folder was written by a newer Tessera than this one. Nothing was changed. Update Tessera, then start it again.",
    )
  }
}

/** Says that the vault is damaged, how, and what to do. */
export function malformed(what: string, cause?: unknown): VaultError {
  const todo = "Put vault.json back from a backup, or restore from your recovery sheet into an empty folder."
  return new VaultError("malformed", `The file vault.json is damaged: ${what}. Nothing was changed. ${todo}`, { cause })
}

function jsonOf(file: VaultFile): Record<string, unknown> {
  const box = ({ nonce, sealed }: SealedBox): Record<string, unknown> => ({ nonce: formatBytes(nonce), sealed: formatBytes(sealed) })
  const wrap = (w: PassphraseWrap): Record<string, unknown> => ({
    kdf: "argon2id",
    memoryKiB: w.cost.memoryKiB,
    passes: w.cost.passes,
    lanes: w.cost.lanes,
    salt: formatBytes(w.salt),
    ...box(w),
  })
  return { format: FORMAT, version: VAULT_VERSION, dataKey: wrap(file.dataKey), master: wrap(file.master), secrets: box(file.secrets) }
}

function checksum(content: Record<string, unknown>): string {
  return toHex(sha256(new TextEncoder().encode(JSON.stringify(content))).subarray(0, 8))
}

function parseJson(bytes: Uint8Array): Record<string, unknown> {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes))
  } catch (cause) {
    throw malformed(bytes.length === 0 ? "it is empty" : "it is not JSON", cause)
  }
  if (!isObject(json)) throw malformed("it holds no vault")
  return json
}

function readWrap(json: Record<string, unknown>, name: string): PassphraseWrap {
  const wrap = readObject(json, name)
  if (wrap["kdf"] !== "argon2id") throw malformed(`“${name}” names an unknown way to make keys`)
  const cost = { memoryKiB: Number(wrap["memoryKiB"]), passes: Number(wrap["passes"]), lanes: Number(wrap["lanes"]) }
  if (!isArgon2Cost(cost)) throw malformed(`the numbers of “${name}” are out of bounds`)
  return { cost, salt: readBytes(wrap, name, "salt", 16, 16), ...readBox(json, name, 48, 48) }
}

function readBox(json: Record<string, unknown>, name: string, least: number, most: number): SealedBox {
  const box = readObject(json, name)
  return { nonce: readBytes(box, name, "nonce", 24, 24), sealed: readBytes(box, name, "sealed", least, most) }
}

function readObject(json: Record<string, unknown>, name: string): Record<string, unknown> {
  const value = json[name]
  if (!isObject(value)) throw malformed(`“${name}” is missing`)
  return value
}

function readBytes(object: Record<string, unknown>, parent: string, name: string, least: number, most: number): Uint8Array {
  const text = object[name]
  const bytes = typeof text === "string" ? Buffer.from(text, "base64url") : undefined
  if (bytes === undefined || bytes.toString("base64url") !== text) throw malformed(`“${name}” of “${parent}” is missing or unreadable`)
  if (bytes.length < least || bytes.length > most) throw malformed(`“${name}” of “${parent}” has a wrong length`)
  return Uint8Array.from(bytes)
}

function formatBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url")
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
