import { type Reference, type VerifiedRecord, MAX_TIMESTAMP, equalBytes, isAddress, retractedBy, toHex } from "@tessera/mosaic"

interface Until {
  /** By any key of the author's. */
  readonly any: bigint
  /** By the master key. */
  readonly master: bigint
}

const NOT_YET: Until = { any: -1n, master: -1n }

/** What authors have retracted, remembered in memory: whether a record may still come. */
export class Retracted {
  readonly #until = new Map<string, Until>()

  /** Remembers what a Retraction names: an id for good, an address up to the Retraction's own time. */
  add(retraction: VerifiedRecord, reference: Reference): void {
    const key = keyOf(reference, retraction.author)
    const until = isAddress(reference) ? retraction.timestamp : MAX_TIMESTAMP
    const { any, master } = this.#until.get(key) ?? NOT_YET
    const isMaster = equalBytes(retraction.author, retraction.signer)
    this.#until.set(key, { any: until > any ? until : any, master: isMaster && until > master ? until : master })
  }

  has(record: VerifiedRecord): boolean {
    const who = retractedBy(record.kind)
    if (who === "nobody") return false
    return [record.id, record.address].some((reference) => {
      const { any, master } = this.#until.get(keyOf(reference, record.author)) ?? NOT_YET
      return record.timestamp <= (who === "master" ? master : any)
    })
  }
}

/** Who else names an id does not harm it, so the author belongs to the key. */
const keyOf = (reference: Reference, author: Uint8Array): string => `${toHex(reference)} ${toHex(author)}`
