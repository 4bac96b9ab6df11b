import {
  type ByteChannel,
  type Kind,
  type Nonce,
  type PublicKey,
  type SecretKey,
  type Tag,
  type Timestamp,
  type VerifiedRecord,
  MICROBLOG_ROOT,
  PROFILE,
  ZERO_TIMESTAMP,
  buildKeySchedule,
  buildRecord,
  decodeZbase32,
  encodeProfile,
  encodeUtf8,
  encodeZbase32,
  nonceFromBytes,
  nonceFromText,
  parsePublicKey,
  parseSecretKey,
  parseTimestamp,
  prehash,
  publicKeyOf,
  signAttestation,
  timestampFromUnixMillis,
} from "@tessera/mosaic"
import type { Answering } from "../network/network.ts"
import type { Machine } from "../simulation/machine.ts"
import type { Simulation } from "../simulation/simulation.ts"

const PORT = 6_666

/** What a record of a liar may differ in from an honest note. */
export interface Lie {
  readonly text?: string
  readonly author?: PublicKey
  readonly signer?: SecretKey
  readonly kind?: Kind
  readonly nonce?: Nonce
  readonly timestamp?: Timestamp
  readonly tags?: readonly Tag[]
  readonly payload?: Uint8Array
  readonly compressed?: boolean
}

/**
 * Somebody who keeps to no rule: a person with a proper card, and no node. Whatever they serve at their door, or bring to the doors of others, is made
 * by hand.
 */
export class Liar {
  readonly machine: Machine
  readonly master: SecretKey
  readonly device: SecretKey
  readonly door: SecretKey
  readonly person: PublicKey
  readonly #simulation: Simulation
  #last: Timestamp

  constructor(simulation: Simulation, name = "mallory") {
    this.#simulation = simulation
    this.machine = simulation.machine(name)
    const random = simulation.random.fork(name)
    const secret = (): SecretKey => parseSecretKey(random.bytes(32))
    this.master = secret()
    this.device = secret()
    this.door = secret()
    this.person = publicKeyOf(this.master)
    this.#last = timestampFromUnixMillis(this.machine.unixMillis())
  }

  /** A card like any other: it leads to their door. */
  get card(): string {
    const [a = 0, b = 0, c = 0, d = 0] = this.machine.address.split(".").map(Number)
    const body = Uint8Array.of(1, ...this.person, ...publicKeyOf(this.door), 0x04, a, b, c, d, PORT >> 8, PORT & 0xff)
    // BLAKE3, of which the prehash is a longer output.
    return `tessera:${encodeZbase32(Uint8Array.of(...body, ...prehash(body).subarray(0, 2)))}`
  }

  /** A proper key schedule, so that what their device signs is theirs; `others` are listed as well. */
  schedule(...others: readonly SecretKey[]): VerifiedRecord {
    const entries = [this.device, ...others].map((subkey) => {
      const attestation = signAttestation(subkey, this.person)
      return { use: "signing", key: publicKeyOf(subkey), state: "active", since: ZERO_TIMESTAMP, attestation } as const
    })
    return buildKeySchedule({ master: this.master, timestamp: this.#now(), entries })
  }

  /** A proper profile. */
  profile(name: string): VerifiedRecord {
    const payload = encodeProfile({ name })
    return this.record({ kind: PROFILE, signer: this.master, nonce: nonceFromText("profile"), payload })
  }

  /** A record: an honest note of their own, but for what is said. */
  record(lie: Lie): VerifiedRecord {
    const timestamp = lie.timestamp ?? this.#now()
    return buildRecord({
      author: lie.author ?? this.person,
      signer: lie.signer ?? this.device,
      kind: lie.kind ?? MICROBLOG_ROOT,
      nonce: lie.nonce ?? nonceFromBytes(this.#simulation.random.bytes(8)),
      timestamp,
      tags: lie.tags ?? [],
      payload: lie.payload ?? encodeUtf8(lie.text ?? "a lie"),
      compressed: lie.compressed ?? false,
    })
  }

  /** Opens their door. */
  async listens(server: Answering): Promise<void> {
    const { signal } = new AbortController()
    await this.#simulation.network.listen(this.machine, { server, secretKey: this.door, host: "0.0.0.0", port: PORT, signal })
  }

  /** Goes to the door of a card that they were shown. */
  visits(card: string): Promise<ByteChannel> {
    const bytes = decodeZbase32(card.slice("tessera:".length))
    const hint = bytes.subarray(65, 72)
    const { signal } = new AbortController()
    return this.#simulation.network.dial(this.machine, {
      host: hint.subarray(1, 5).join("."),
      port: (hint[5] ?? 0) * 256 + (hint[6] ?? 0),
      serverKey: parsePublicKey(bytes.subarray(33, 65)),
      clientKey: this.device,
      signal,
    })
  }

  #now(): Timestamp {
    const now = timestampFromUnixMillis(this.machine.unixMillis())
    this.#last = now > this.#last ? now : parseTimestamp(this.#last + 1n)
    return this.#last
  }
}
