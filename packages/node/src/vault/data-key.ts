import { xchacha20poly1305 } from "@noble/ciphers/chacha.js"
import { hkdf } from "@noble/hashes/hkdf.js"
import { sha256 } from "@noble/hashes/sha2.js"
import type { Random } from "../ports.ts"
import { malformed } from "./file.ts"
import type { SealedBox } from "./file.ts"
import { decodeSecrets, encodeSecrets } from "./secrets.ts"
import type { PersonSecrets } from "./secrets.ts"

/** One key per purpose comes from the data key. */
export type Purpose = "records" | "index"

/** The 32-byte key for a purpose: HKDF-SHA-256(data key, no salt, info "tessera PURPOSE"). The caller wipes it. */
export function derivePurposeKey(dataKey: Uint8Array, purpose: Purpose | "vault secrets"): Uint8Array {
  return hkdf(sha256, dataKey, undefined, new TextEncoder().encode(`tessera ${purpose}`), 32)
}

const ASSOCIATED = new TextEncoder().encode("tessera vault 1 secrets")

/** Seals the secrets under the data key. */
export function sealSecrets(secrets: PersonSecrets, dataKey: Uint8Array, random: Random): SealedBox {
  const key = derivePurposeKey(dataKey, "vault secrets")
  const plain = encodeSecrets(secrets)
  const nonce = random(24)
  try {
    return { nonce, sealed: xchacha20poly1305(key, nonce, ASSOCIATED).encrypt(plain) }
  } finally {
    key.fill(0)
    plain.fill(0)
  }
}

/** @throws {VaultError} `malformed` when the box was not sealed under this data key. */
export function openSecrets(box: SealedBox, dataKey: Uint8Array): PersonSecrets {
  const key = derivePurposeKey(dataKey, "vault secrets")
  try {
    const plain = decrypt(box, key)
    const secrets = decodeSecrets(plain)
    plain.fill(0)
    return secrets
  } finally {
    key.fill(0)
  }
}

function decrypt(box: SealedBox, key: Uint8Array): Uint8Array {
  try {
    return xchacha20poly1305(key, box.nonce, ASSOCIATED).decrypt(box.sealed)
  } catch (cause) {
    throw malformed("its sealed part does not fit its keys", cause)
  }
}
