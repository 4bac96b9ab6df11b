import type { Brand } from "../brand.ts"
import { concatBytes, copyBytes, encodeUtf8, equalBytes } from "../bytes.ts"
import { DecodeError } from "../errors.ts"
import { type PublicKey, parsePublicKey } from "../keys/public-key.ts"
import { type SecretKey, publicKeyOf } from "../keys/secret-key.ts"
import { signEd25519, verifyEd25519 } from "../keys/signature.ts"
import type { BootstrapSelector } from "../message/dht.ts"
import type { Bootstrap } from "./bootstrap.ts"
import { encodeBootstrap } from "./encode.ts"
import { readBootstrap } from "./read.ts"

/** The greatest sequence number: BEP 44's are signed, of 64 bits. */
export const MAX_SEQUENCE = 2n ** 63n - 1n

/** The salts of the DHT's items. (Specification: bootstrap, "Salt") */
export const BOOTSTRAP_SALT: Readonly<Record<BootstrapSelector, string>> = { server: "msb24", user: "mub25" }

/** A bootstrap as it lies in the DHT, before anybody has verified it. */
export interface BootstrapItem {
  readonly selector: BootstrapSelector
  /** A master key, 32 bytes. */
  readonly key: Uint8Array
  readonly sequence: bigint
  /** Plain Ed25519 over {@link bootstrapSigningBytes}, 64 bytes. */
  readonly signature: Uint8Array
  /** At most 983 bytes. */
  readonly text: Uint8Array
}

/** A bootstrap item that is right: its signature is its key's, and its text says the kind that its salt does. */
export type SignedBootstrap = Brand<BootstrapItem & { readonly key: PublicKey }, "SignedBootstrap">

/**
 * Signs a bootstrap as a mutable item of the DHT.
 *
 * @param sequence 1 for the first, and one more than the newest known for each that differs: two texts never share one.
 * @throws {RangeError} for what cannot be written, and for a sequence below 1.
 */
export function signBootstrap(bootstrap: Bootstrap, master: SecretKey, sequence: bigint): SignedBootstrap {
  if (sequence < 1n || sequence > MAX_SEQUENCE) throw new RangeError(`sequence ${sequence} is not from 1 to 2^63 - 1`)
  const item = { selector: bootstrap.type, key: publicKeyOf(master), sequence, text: encodeBootstrap(bootstrap) }
  return { ...item, signature: signEd25519(bootstrapSigningBytes(item), master) } as SignedBootstrap
}

/**
 * Verifies what a DHT, or a server that looked there, has answered, and copies it.
 *
 * @throws {DecodeError} `sequence number`, `signature length`, `bootstrap kind` when it is not the selector's, and as {@link readBootstrap}.
 * @throws {VerifyError} for an invalid key or a wrong signature.
 */
export function verifyBootstrap({ selector, key, sequence, signature, text }: BootstrapItem): SignedBootstrap {
  if (sequence < 0n || sequence > MAX_SEQUENCE) throw new DecodeError("sequence number")
  if (readBootstrap(text).bootstrap.type !== selector) throw new DecodeError("bootstrap kind")
  const item = { selector, key: parsePublicKey(key), sequence, signature: copyBytes(signature), text: copyBytes(text) }
  verifyEd25519(item.signature, bootstrapSigningBytes(item), item.key)
  return item as SignedBootstrap
}

/** What is signed: salt, sequence and value, bencoded, as one dictionary without its ends. (BEP 44, "signature verification") */
export function bootstrapSigningBytes({ selector, sequence, text }: Pick<BootstrapItem, "selector" | "sequence" | "text">): Uint8Array {
  const salt = BOOTSTRAP_SALT[selector]
  return concatBytes(encodeUtf8(`4:salt${salt.length}:${salt}3:seqi${sequence}e1:v${text.length}:`), text)
}

/**
 * Says how an item stands to one of the same key and selector: `newer`, `same`, `older`, or `conflict` when they share a sequence number with
 * different texts, which their owner must never let happen.
 */
export function compareBootstraps(item: BootstrapItem, known: BootstrapItem): "newer" | "same" | "older" | "conflict" {
  if (item.sequence !== known.sequence) return item.sequence > known.sequence ? "newer" : "older"
  return equalBytes(item.text, known.text) ? "same" : "conflict"
}
