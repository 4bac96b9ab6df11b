import { scrypt } from "node:crypto"

/** Node's own scrypt in the shape that `encryptSecretKey` takes: much faster than the portable one, and off the main thread. */
export function nativeScrypt(
  password: Uint8Array,
  salt: Uint8Array,
  cost: { readonly N: number; readonly r: number; readonly p: number; readonly dkLen: number },
): Promise<Uint8Array> {
  const { N, r, p, dkLen } = cost
  return new Promise((resolve, reject) => {
    scrypt(password, salt, dkLen, { N, r, p, maxmem: 256 * N * r }, (error, derived) => (error === null ? resolve(derived) : reject(error)))
  })
}
