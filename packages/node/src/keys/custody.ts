import { x25519 } from "@noble/curves/ed25519.js"
import { parseSecretKey, publicKeyOf } from "@tessera/mosaic"
import type { KeySchedule, SecretKey, Timestamp, VerifiedRecord } from "@tessera/mosaic"
import type { Random } from "../ports.ts"
import type { PersonSecrets } from "../vault/vault.ts"
import { doorPorts } from "./door-port.ts"
import { announceHome, deriveHomeKey } from "./home.ts"
import { buildSchedule } from "./schedule.ts"

/** A person on a new device: what goes into the vault, and the key schedule that lists the device. */
export interface NewPerson {
  /** The caller wipes it once the vault is made and the first records are signed. */
  readonly master: SecretKey
  /** `firstRecords` holds the schedule and the Home; the caller may add the profile. */
  readonly secrets: PersonSecrets
  readonly schedule: VerifiedRecord
}

/** Makes a new person: every key from fresh randomness, the homes from the master. */
export function createPerson(options: { readonly random: Random; readonly now: Timestamp }): NewPerson {
  return equipPerson(parseSecretKey(options.random(32)), options)
}

/**
 * Makes the same person again on this device, from their master key: same person, same homes (so the same card), a new device subkey and a new encryption key.
 * `previous`: the person's last key schedule, when somebody still had it, so that their earlier devices stay listed.
 */
export function restorePerson(
  master: SecretKey,
  options: { readonly random: Random; readonly now: Timestamp; readonly previous?: KeySchedule },
): NewPerson {
  const { secrets, ...rest } = equipPerson(master, options)
  // The port that cards name most likely, even while it is taken, as by the old node on the same machine: another one would make every card untrue for good.
  const [doorPort] = doorPorts(secrets.door)
  return { ...rest, secrets: { ...secrets, ...(doorPort === undefined ? {} : { doorPort }) } }
}

function equipPerson(master: SecretKey, { random, now, previous }: { random: Random; now: Timestamp; previous?: KeySchedule }): NewPerson {
  const device = parseSecretKey(random(32))
  const encryption = random(32)
  const schedule = buildSchedule({
    master,
    device,
    encryptionKey: encryptionPublicKey(encryption),
    now,
    ...(previous === undefined ? {} : { previous }),
  })
  const secrets: PersonSecrets = {
    person: publicKeyOf(master),
    device,
    encryption,
    homeNumber: 0,
    door: deriveHomeKey(master, "door", 0),
    friends: deriveHomeKey(master, "friends", 0),
    state: random(32),
    firstRecords: [schedule.bytes, announceHome(master, 0, now).bytes],
  }
  return { master, secrets, schedule }
}

/** The X25519 public half of an encryption key (RFC 7748). */
export function encryptionPublicKey(secret: Uint8Array): Uint8Array {
  return x25519.getPublicKey(secret)
}
