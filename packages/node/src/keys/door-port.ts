import { hkdf } from "@noble/hashes/hkdf.js"
import { sha256 } from "@noble/hashes/sha2.js"
import type { SecretKey } from "@tessera/mosaic"
import { uint32 } from "./home.ts"

/** How many ports are tried before giving up. */
export const MOST_DOOR_PORTS = 64

/**
 * Ports at which a door may listen, in the order in which to try them; the same for the same door key, so that a restored card stays true.
 * 10000 + (32 bits big-endian of HKDF-SHA-256(door seed, no salt, info "tessera door port" ‖ i as 32 bits big-endian) mod 20000), i = 0, 1, 2, …
 */
export function* doorPorts(door: SecretKey): Generator<number, void, undefined> {
  for (let i = 0; i < MOST_DOOR_PORTS; i++) {
    const bytes = hkdf(sha256, door, undefined, Uint8Array.of(...new TextEncoder().encode("tessera door port"), ...uint32(i)), 4)
    yield 10_000 + (new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) % 20_000)
  }
}
