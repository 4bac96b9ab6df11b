import * as crypto from "node:crypto"
import { argon2id as wasmArgon2id } from "hash-wasm"
import type { Argon2Cost } from "./cost.ts"

/** 32 bytes of Argon2id (RFC 9106, version 0x13). */
export type Argon2id = (password: Uint8Array, salt: Uint8Array, cost: Argon2Cost) => Promise<Uint8Array>

const LENGTH = 32

/** In WebAssembly: everywhere the same, but the calling thread does nothing else meanwhile. */
export const argon2idInWasm: Argon2id = (password, salt, cost) =>
  wasmArgon2id({
    // The library takes no empty password; a byte that no passphrase holds stands for it.
    password: nonEmpty(password),
    salt,
    memorySize: cost.memoryKiB,
    iterations: cost.passes,
    parallelism: cost.lanes,
    hashLength: LENGTH,
    outputType: "binary",
  })

/** By Node itself, beside the main thread, so that nobody who is connected waits; `undefined` where Node is older than 24.7. */
export const argon2idByNode: Argon2id | undefined =
  "argon2" in crypto
    ? (password, salt, cost) =>
        new Promise((resolve, reject) => {
          const { memoryKiB: memory, passes, lanes: parallelism } = cost
          crypto.argon2(
            "argon2id",
            { message: nonEmpty(password), nonce: salt, memory, passes, parallelism, tagLength: LENGTH },
            (error, key) => {
              if (error !== null) return reject(error)
              resolve(Uint8Array.from(key))
              key.fill(0)
            },
          )
        })
    : undefined

/** The better of the two that there is. */
export const argon2id: Argon2id = argon2idByNode ?? argon2idInWasm

function nonEmpty(password: Uint8Array): Uint8Array {
  return password.length === 0 ? Uint8Array.of(0) : password
}
