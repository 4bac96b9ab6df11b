import { parsePublicKey, parseSecretKey, publicKeyOf } from "@tessera/mosaic"
import type { SecretKey } from "@tessera/mosaic"
import type { Clock, KdfCost, Random, VaultStorage } from "../ports.ts"
import type { PersonSecrets } from "./secrets.ts"

/** For tests: the cheapest that Argon2id and scrypt can be. */
export const CHEAP: KdfCost = { memoryKiB: 8, passes: 1, lanes: 1, sheetLogN: 4 }

/** For tests: bytes from a seed, the same each time (xorshift, 32 bits). */
export function seededRandom(seed: number): Random {
  let state = seed | 1
  return (length) => {
    const bytes = new Uint8Array(length)
    for (let i = 0; i < length; i++) {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      bytes[i] = state >>> 16
    }
    return bytes
  }
}

/** For tests: a clock whose sleepers wake at once and advance it; `slept` says for how long they asked. */
export function quickClock(start = 1_700_000_000_000): Clock & { slept: number[]; now: number } {
  const clock = {
    now: start,
    slept: [] as number[],
    unixMillis: () => clock.now,
    async sleep(milliseconds: number, signal: AbortSignal) {
      await Promise.resolve()
      signal.throwIfAborted()
      clock.slept.push(milliseconds)
      clock.now += milliseconds
    },
  }
  return clock
}

/** For tests: a vault's place in memory; writing fails with `failure` while there is one. */
export function memoryVaultStorage(bytes?: Uint8Array): VaultStorage & { bytes: Uint8Array | undefined; failure: Error | undefined } {
  const storage = {
    bytes,
    failure: undefined as Error | undefined,
    readVault: async () => storage.bytes,
    writeVault: async (next: Uint8Array) => {
      if (storage.failure !== undefined) throw storage.failure
      storage.bytes = next
    },
  }
  return storage
}

/** For tests: a person whose keys are as good as any. */
export function testPerson(random: Random): { master: SecretKey; secrets: PersonSecrets } {
  const master = parseSecretKey(random(32))
  const seed = (): SecretKey => parseSecretKey(random(32))
  const person = parsePublicKey(publicKeyOf(master))
  return {
    master,
    secrets: {
      person,
      device: seed(),
      encryption: random(32),
      homeNumber: 0,
      door: seed(),
      friends: seed(),
      state: random(32),
      firstRecords: [random(216)],
    },
  }
}
