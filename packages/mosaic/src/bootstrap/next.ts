import { equalBytes } from "../bytes.ts"
import type { SecretKey } from "../keys/secret-key.ts"
import type { Bootstrap } from "./bootstrap.ts"
import { encodeBootstrap } from "./encode.ts"
import { type SignedBootstrap, compareBootstraps, signBootstrap } from "./signed.ts"

/**
 * The item that says this after all that is known of its key: the newest itself when it says just this, else a new one with the next sequence number. So
 * two texts never share one, not even where they already do.
 *
 * @param known of the same key and selector: what was signed here before, what lies in the DHT.
 * @throws {RangeError} for what cannot be written.
 * @see Specification: bootstrap, "Sequence Numbers"
 */
export function nextBootstrap(bootstrap: Bootstrap, master: SecretKey, known: readonly SignedBootstrap[]): SignedBootstrap {
  const [first, ...others] = known
  const text = encodeBootstrap(bootstrap)
  if (first === undefined) return signBootstrap(bootstrap, master, 1n)
  const newest = others.reduce((best, item) => (compareBootstraps(item, best) === "newer" ? item : best), first)
  const isDisputed = known.some((item) => compareBootstraps(item, newest) === "conflict")
  if (!isDisputed && equalBytes(newest.text, text) && newest.sequence > 0n) return newest
  return signBootstrap(bootstrap, master, newest.sequence + 1n)
}
