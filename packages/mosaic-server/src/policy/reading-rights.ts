import { type PublicKey, type VerifiedRecord, TAG_NOTIFY, equalBytes, kindReaders, readCoreTag } from "@tessera/mosaic"

/**
 * Whether the reading rights of a record's kind let somebody read it: Author Only, Author + Tagged (Notify tags), Everybody.
 *
 * @param keys the reader's proved keys: the key itself and its master; empty for an anonymous reader.
 * @see Specification: kind, bits 3 and 2
 */
export function hasReadingRight(record: VerifiedRecord, keys: readonly PublicKey[]): boolean {
  switch (kindReaders(record.kind)) {
    case "everybody":
      return true
    case "tagged":
      return isAuthor(record, keys) || isTagged(record, keys)
    case "author":
      return isAuthor(record, keys)
  }
}

export const isAuthor = (record: VerifiedRecord, keys: readonly Uint8Array[]): boolean => keys.some((key) => equalBytes(key, record.author))

/** Whether a Notify tag of the record names one of the keys. */
export const isTagged = (record: VerifiedRecord, keys: readonly Uint8Array[]): boolean =>
  keys.length > 0 && taggedKeys(record).some((tagged) => keys.some((key) => equalBytes(key, tagged)))

/** The keys, 32 bytes each, that the record's Notify tags name. */
export function taggedKeys(record: VerifiedRecord): Uint8Array[] {
  return record.tags.flatMap((tag) => {
    if (tag.type !== TAG_NOTIFY) return []
    const core = readCoreTag(tag)
    return core?.name === "notify" ? [core.key] : []
  })
}
