import { xchacha20poly1305 } from "@noble/ciphers/chacha.js"
import type { Random } from "../ports.ts"
import { argon2id } from "./argon2.ts"
import type { Argon2Cost } from "./cost.ts"
import { passphraseBytes } from "./passphrase.ts"

/** 32 secret bytes under a passphrase: XChaCha20-Poly1305 under Argon2id(NFKC passphrase, salt). */
export interface PassphraseWrap {
  readonly cost: Argon2Cost
  /** 16 bytes. */
  readonly salt: Uint8Array
  /** 24 bytes. */
  readonly nonce: Uint8Array
  /** 48 bytes: the secret and its authenticator. */
  readonly sealed: Uint8Array
}

/** What a wrap is for: bound into it, so that one cannot be put in the place of the other. */
export type WrapName = "data key" | "master"

/** Wraps 32 bytes under a passphrase with a salt and nonce of its own. */
export async function wrapSecret(
  name: WrapName,
  secret: Uint8Array,
  passphrase: string,
  cost: Argon2Cost,
  random: Random,
): Promise<PassphraseWrap> {
  const salt = random(16)
  const nonce = random(24)
  const key = await deriveKey(passphrase, salt, cost)
  try {
    return { cost, salt, nonce, sealed: xchacha20poly1305(key, nonce, associatedData(name, salt, cost)).encrypt(secret) }
  } finally {
    key.fill(0)
  }
}

/** The secret, for the caller to wipe; `undefined` when the passphrase is not the one that it was wrapped under. */
export async function unwrapSecret(name: WrapName, wrap: PassphraseWrap, passphrase: string): Promise<Uint8Array | undefined> {
  const key = await deriveKey(passphrase, wrap.salt, wrap.cost)
  try {
    return xchacha20poly1305(key, wrap.nonce, associatedData(name, wrap.salt, wrap.cost)).decrypt(wrap.sealed)
  } catch {
    // The cipher throws for a wrong tag only: lengths were checked when the file was read.
    return undefined
  } finally {
    key.fill(0)
  }
}

async function deriveKey(passphrase: string, salt: Uint8Array, cost: Argon2Cost): Promise<Uint8Array> {
  const password = passphraseBytes(passphrase)
  try {
    return await argon2id(password, salt, cost)
  } finally {
    password.fill(0)
  }
}

function associatedData(name: WrapName, salt: Uint8Array, cost: Argon2Cost): Uint8Array {
  const text = new TextEncoder().encode(`tessera vault 1 ${name} argon2id ${cost.memoryKiB} ${cost.passes} ${cost.lanes} `)
  return Uint8Array.of(...text, ...salt)
}
