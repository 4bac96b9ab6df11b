import { scrypt } from "node:crypto"
import type { Scrypt } from "@tessera/mosaic"

/** Node's own scrypt: beside the main thread, and several times as fast as JavaScript. */
export const nativeScrypt: Scrypt = (password, salt, { N, r, p, dkLen }) =>
  new Promise((resolve, reject) => {
    scrypt(password, salt, dkLen, { N, r, p, maxmem: 256 * N * r }, (error, key) => {
      if (error !== null) return reject(error)
      resolve(Uint8Array.from(key))
      key.fill(0)
    })
  })
