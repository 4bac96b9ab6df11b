import { scrypt as nobleScrypt } from "@noble/hashes/scrypt.js"
import { copyBytes, encodeUtf8, equalBytes } from "../bytes.ts"
import { DecodeError, VerifyError } from "../errors.ts"
import { HUMAN_PREFIX, parseHuman } from "../human.ts"
import { encodeZbase32 } from "../zbase32.ts"
import { type SecretKey, parseSecretKey } from "./secret-key.ts"

/** Derives `dkLen` bytes from a password. The caller may bring a faster one than the default, which computes in the calling thread. */
export type Scrypt = (
  password: Uint8Array,
  salt: Uint8Array,
  cost: { readonly N: number; readonly r: number; readonly p: number; readonly dkLen: number },
) => Uint8Array | Promise<Uint8Array>

/** What encryption needs beside key and password. The caller brings randomness: it must be fresh for each call. */
export interface EncryptSecretKeyOptions {
  /** 16 random bytes. */
  readonly salt: Uint8Array
  /** 4 random bytes. */
  readonly rand4: Uint8Array
  /** Binary logarithm of scrypt's N, 1 to 22: 18 takes 256 MiB. */
  readonly logN: number
  /** Noble's when not given. */
  readonly scrypt?: Scrypt
}

/** How far decryption may go. */
export interface DecryptSecretKeyOptions {
  /** The dearest computation that the text may ask for: 20, which takes 1 GiB, when not given. */
  readonly maxLogN?: number
  /** Noble's when not given. */
  readonly scrypt?: Scrypt
}

// Layout: [0] version, [1] log N, [2:18] salt, [18:58] key, 4 random bytes and their check, all XORed with scrypt's output.
const LENGTH = 58
const SALT_AT = 2
const SEALED_AT = 18
const SEALED_LENGTH = 40
const VERSION = 1
const CHECK = Uint8Array.of(0xb9, 0x60, 0xa1, 0xe2)
const GREATEST_LOG_N = 22

const defaultScrypt: Scrypt = (password, salt, cost) =>
  nobleScrypt(password, salt, { ...cost, maxmem: 128 * cost.r * (cost.N + cost.p + 1) })

/**
 * Encrypts a secret key under a password: `mocryptsec0` and 93 characters. The password is normalized to NFKC.
 *
 * @example
 * const text = await encryptSecretKey(secret, password, { salt: randomBytes(16), rand4: randomBytes(4), logN: 18 })
 * @throws {RangeError} for salt, random bytes or cost beyond their bounds.
 * @throws {TypeError} for a password with a lone surrogate: another machine could not repeat it.
 * @see Specification: encrypted_secret_key, with 40 bytes of key stream, which its decryption miscounts
 */
export async function encryptSecretKey(secret: SecretKey, password: string, options: EncryptSecretKeyOptions): Promise<string> {
  const { salt, rand4, logN, scrypt = defaultScrypt } = options
  if (salt.length !== 16) throw new RangeError(`salt: 16 bytes expected, not ${salt.length}`)
  if (rand4.length !== 4) throw new RangeError(`rand4: 4 bytes expected, not ${rand4.length}`)
  if (!Number.isInteger(logN) || logN < 1 || logN > GREATEST_LOG_N) throw new RangeError(`logN: ${logN}`)
  const bytes = new Uint8Array(LENGTH)
  bytes.set([VERSION, logN])
  bytes.set(salt, SALT_AT)
  bytes.set(secret, SEALED_AT)
  bytes.set(rand4, SEALED_AT + 32)
  bytes.set(xor(rand4, CHECK), SEALED_AT + 36)
  await mask(bytes, password, scrypt)
  return HUMAN_PREFIX.encryptedSecretKey + encodeZbase32(bytes)
}

/**
 * Decrypts what {@link encryptSecretKey} makes.
 *
 * @throws {DecodeError} when the text is malformed, of another version, or dearer than `maxLogN` allows: before anything is computed.
 * @throws {VerifyError} `password` when the password is wrong.
 * @throws {TypeError} for a password with a lone surrogate.
 */
export async function decryptSecretKey(text: string, password: string, options: DecryptSecretKeyOptions = {}): Promise<SecretKey> {
  const { maxLogN = 20, scrypt = defaultScrypt } = options
  const bytes = parseHuman(text, HUMAN_PREFIX.encryptedSecretKey, LENGTH)
  if (bytes.length !== LENGTH) throw new DecodeError("length", text.length)
  if (bytes[0] !== VERSION) throw new DecodeError(`version: ${bytes[0]}`)
  const logN = bytes[1] ?? 0
  if (logN < 1 || logN > maxLogN) throw new DecodeError(`cost: 2^${logN}, at most 2^${maxLogN}`)
  await mask(bytes, password, scrypt)
  try {
    const check = xor(bytes.subarray(SEALED_AT + 32, SEALED_AT + 36), bytes.subarray(SEALED_AT + 36))
    if (!equalBytes(check, CHECK)) throw new VerifyError("password")
    return parseSecretKey(bytes.subarray(SEALED_AT, SEALED_AT + 32))
  } finally {
    bytes.fill(0)
  }
}

/** XORs the sealed part with the key stream: the same step seals and opens. */
async function mask(bytes: Uint8Array, password: string, scrypt: Scrypt): Promise<void> {
  if (!password.isWellFormed()) throw new TypeError("password: a lone surrogate")
  const passwordBytes = encodeUtf8(password.normalize("NFKC"))
  const cost = { N: 2 ** (bytes[1] ?? 0), r: 8, p: 1, dkLen: SEALED_LENGTH }
  let stream: Uint8Array
  try {
    stream = await scrypt(passwordBytes, copyBytes(bytes, SALT_AT, SEALED_AT), cost)
  } finally {
    passwordBytes.fill(0)
  }
  if (stream.length !== SEALED_LENGTH) throw new TypeError(`scrypt: ${stream.length} bytes instead of ${SEALED_LENGTH}`)
  // In place: no copy of the secret is left behind.
  stream.forEach((byte, i) => (bytes[SEALED_AT + i] = (bytes[SEALED_AT + i] ?? 0) ^ byte))
  stream.fill(0)
}

function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((byte, i) => byte ^ (b[i] ?? 0))
}
