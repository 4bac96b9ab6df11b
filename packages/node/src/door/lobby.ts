import { compareBytes, toHex } from "@tessera/mosaic"
import type { PublicKey, Timestamp, VerifiedRecord } from "@tessera/mosaic"

/** How long somebody may wait in the lobby before they answer, in nanoseconds: 24 hours. */
const STAY = 24n * 3_600n * 1_000_000_000n
/** Bytes that all who wait may take together. */
export const LOBBY_BYTES = 16 * 1024 * 1024

/** Records that one guest may leave, each at an address of its own: a key schedule and a profile are what a person has. */
export const GUEST_RECORDS = 4

interface Guest {
  readonly records: Map<string, VerifiedRecord>
  bytes: number
  at: Timestamp
}

/**
 * Key schedules and profiles of strangers who have not answered yet. They are kept in memory and apart from the owner's records, so that the door
 * behaves the same whether the owner happens to know somebody or not: whom the owner follows cannot be probed.
 */
export class Lobby {
  readonly #now: () => Timestamp
  readonly #guests = new Map<string, Guest>()
  #bytes = 0

  constructor(now: () => Timestamp) {
    this.#now = now
  }

  /** Takes a replaceable record; the longest-waiting guests leave when there is no room. */
  put(record: VerifiedRecord): "stored" | "duplicate" | "superseded" {
    this.#sweep()
    const key = toHex(record.author)
    const guest = this.#guests.get(key) ?? { records: new Map<string, VerifiedRecord>(), bytes: 0, at: this.#now() }
    const address = toHex(record.address)
    const known = guest.records.get(address)
    const order = known === undefined ? 1 : compareBytes(record.id, known.id)
    if (order <= 0) return order === 0 ? "duplicate" : "superseded"
    if (known === undefined && guest.records.size >= GUEST_RECORDS) return "superseded"
    const growth = record.bytes.length - (known?.bytes.length ?? 0)
    guest.records.set(address, record)
    guest.bytes += growth
    guest.at = this.#now()
    this.#bytes += growth
    // Whoever came last stands last.
    this.#guests.delete(key)
    this.#guests.set(key, guest)
    this.#makeRoom()
    return "stored"
  }

  /** What somebody left here, key schedules among it. */
  of(author: PublicKey): readonly VerifiedRecord[] {
    return [...(this.#guests.get(toHex(author))?.records.values() ?? [])]
  }

  /** Forgets somebody: they are in the house now. */
  dismiss(author: PublicKey): void {
    this.#drop(toHex(author))
  }

  #sweep(): void {
    const now = this.#now()
    for (const [key, guest] of this.#guests) {
      if (now - guest.at < STAY) return
      this.#drop(key)
    }
  }

  #makeRoom(): void {
    for (const key of this.#guests.keys()) {
      if (this.#bytes <= LOBBY_BYTES) return
      this.#drop(key)
    }
  }

  #drop(key: string): void {
    this.#bytes -= this.#guests.get(key)?.bytes ?? 0
    this.#guests.delete(key)
  }
}
