import { randomBytes, randomInt } from "node:crypto"
import { type PublicKey, type SecretKey, concatBytes, encodeUtf8, parseSecretKey, publicKeyOf } from "@tessera/mosaic"
import { MICROBLOG_ROOT } from "./kind.ts"
import { type RecordParts, layRecord } from "./record.ts"

const SECOND = 1_000_000_000n
/** Seconds by which Mosaic's timestamps are ahead of Unix time. (Specification: timestamps) */
const LEAP_SECONDS = 28n

/** The present as a Mosaic timestamp: nanoseconds, leap seconds included. */
export const present = (): bigint => BigInt(Date.now()) * 1_000_000n + LEAP_SECONDS * SECOND

export const seconds = (count: number): bigint => BigInt(Math.round(count * 1_000)) * 1_000_000n

export type Written = Partial<Omit<RecordParts, "tags">> & { readonly tags?: readonly Uint8Array[] }

/** Somebody who writes: a master key, and a key that may become a subkey. */
export class Person {
  readonly secret: SecretKey
  readonly key: PublicKey
  readonly device: SecretKey = parseSecretKey(randomBytes(32))
  readonly deviceKey: PublicKey = publicKeyOf(this.device)
  /** Stand on everything they write, so that the server takes it. */
  readonly #tags: readonly Uint8Array[]
  #last = 0n

  constructor(secret: SecretKey = parseSecretKey(randomBytes(32)), tags: readonly Uint8Array[] = []) {
    this.secret = secret
    this.key = publicKeyOf(secret)
    this.#tags = tags
  }

  /** A time at which nothing of theirs has been written yet, some seconds ago. Others who write with the same key hardly have the same. */
  time(): bigint {
    const now = present() - seconds(5) + BigInt(randomInt(1_000_000))
    this.#last = now > this.#last ? now : this.#last + 1n
    return this.#last
  }

  /** What they write unless told otherwise: a public note, new, signed by the master key. */
  parts(changes: Written = {}): RecordParts {
    const { tags = [], ...rest } = changes
    return {
      author: this.key,
      signer: this.secret,
      kind: MICROBLOG_ROOT,
      nonce: freshNonce(),
      timestamp: this.time(),
      payload: encodeUtf8("a note of the conformance runner"),
      ...rest,
      tags: concatBytes(...this.#tags, ...tags),
    }
  }

  write(changes: Written = {}): Uint8Array {
    return layRecord(this.parts(changes))
  }

  /** As `write`, and by the device. */
  writeByDevice(changes: Written = {}): Uint8Array {
    return this.write({ signer: this.device, ...changes })
  }
}

/** Random, with the first bit set. */
export function freshNonce(): Uint8Array {
  const nonce = new Uint8Array(randomBytes(8))
  nonce[0] = (nonce[0] ?? 0) | 0x80
  return nonce
}
