import { concatBytes, prehash, sign } from "@tessera/mosaic"
import { createHash } from "node:crypto"
import type { Person } from "../cast/person.ts"
import { idOf, resign } from "../cast/record.ts"
import { textTag } from "../cast/tag.ts"
import type { Level, Rule } from "../rule.ts"
import { expectEqual, fail } from "../verdict.ts"
import { u16, u32, zeros } from "../wire/bytes.ts"

/** The order of the group that signatures live in, little-endian, and the prime of its field. (RFC 8032) */
const L = 2n ** 252n + 27_742_317_777_372_353_535_851_937_790_883_648_493n
const P = 2n ** 255n - 19n

/** Points of small order, canonical and not, which no key may be. */
const SMALL_ORDER: readonly Uint8Array[] = [
  littleEndian(1n),
  littleEndian(0n),
  littleEndian(P - 1n),
  littleEndian(1n | (1n << 255n)),
  littleEndian(P),
  littleEndian(P + 1n),
  Buffer.from("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", "hex"),
  Buffer.from("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", "hex"),
].map((point) => Uint8Array.from(point))

function littleEndian(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, index) => Number((value >> BigInt(8 * index)) & 0xffn))
}

function toNumber(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n)
}

/** A good record, changed at one place, with hash and signature made anew unless they are what is wrong. */
function changed(person: Person, at: number, bytes: Uint8Array, signAgain = true): Uint8Array {
  const record = person.write({ tags: [textTag("twelve bytes")] })
  record.set(bytes, at)
  return signAgain ? resign(record, person.secret) : record
}

function withSignature(person: Person, change: (signature: Uint8Array, record: Uint8Array) => Uint8Array): Uint8Array {
  const record = person.write()
  const at = record.length - 64
  record.set(change(record.slice(at), record), at)
  return record
}

/** Keys are put into a record that nobody can sign: whatever the signature is, the key alone must be reason enough. */
const withKey = (person: Person, at: number, key: Uint8Array): Uint8Array => changed(person, at, key)

type Break = (person: Person) => Uint8Array | readonly Uint8Array[]

/** Broken records, each broken in one way only. */
const CASES: readonly (readonly [id: string, page: string, level: Level, title: string, make: Break])[] = [
  [
    "hash",
    "record#validation",
    "MUST",
    "a hash that is not that of the signed data",
    (p) => [8, 30, 47].map((at) => changed(p, at, Uint8Array.of(0xff, 0), false)),
  ],
  [
    "hash-sha512",
    "record#validation",
    "MUST",
    "a hash that is SHA-512 instead of BLAKE3",
    (p) => {
      const record = p.write()
      record.set(
        createHash("sha512")
          .update(record.subarray(48, record.length - 64))
          .digest()
          .subarray(0, 40),
        8,
      )
      return record
    },
  ],
  ["id-timestamp", "record#validation", "MUST", "an id that begins with another timestamp", (p) => changed(p, 0, zeros(8), false)],
  [
    "signature",
    "record#validation",
    "MUST",
    "a signature with one bit flipped",
    (p) => [0, 31, 32, 62].map((at) => withSignature(p, (s) => s.map((byte, index) => (index === at ? byte ^ 1 : byte)))),
  ],
  [
    "signature-other-key",
    "record#validation",
    "MUST",
    "a signature by another key than the record names",
    (p) => resign(p.write(), p.device),
  ],
  ["signature-zero", "record#validation", "MUST", "a signature of zeros", (p) => withSignature(p, () => zeros(64))],
  [
    "signature-of-other",
    "record#validation",
    "MUST",
    "the signature of another record",
    (p) => withSignature(p, () => p.write().slice(-64)),
  ],
  [
    "signature-s-range",
    "cryptography#digital-signature-with-eddsa-ed25519",
    "MUST",
    "a signature whose s is not below L",
    (p) => withSignature(p, (s) => concatBytes(s.subarray(0, 32), littleEndian(toNumber(s.subarray(32)) + L))),
  ],
  [
    "signature-context",
    "cryptography#digital-signature-with-eddsa-ed25519",
    "MUST",
    "a signature over the hash of something else: 40 bytes of the hash",
    (p) => withSignature(p, (_, record) => sign(prehash(record.subarray(8, 48)), p.secret)),
  ],
  [
    "data-changed",
    "record#validation",
    "MUST",
    "a payload that was changed after signing, with its hash made anew",
    (p) => {
      const record = p.write()
      record[record.length - 72] = (record.at(-72) ?? 0) ^ 1
      record.set(prehash(record.subarray(48, record.length - 64)).subarray(0, 40), 8)
      return record
    },
  ],
  [
    "padding-changed",
    "record#construction",
    "MUST",
    "padding that was changed after signing: it is hashed",
    (p) => {
      const record = p.write({ payload: zeros(1) })
      record[record.length - 65] = 1
      return record
    },
  ],
  [
    "signing-key-small-order",
    "cryptography#digital-signature-with-eddsa-ed25519",
    "MUST",
    "a signing key of small order",
    (p) => SMALL_ORDER.map((key) => withKey(p, 96, key)),
  ],
  [
    "author-key-small-order",
    "cryptography#digital-signature-with-eddsa-ed25519",
    "MUST",
    "an author key of small order",
    (p) => SMALL_ORDER.map((key) => withKey(p, 64, key)),
  ],
  [
    "author-key-not-canonical",
    "cryptography#digital-signature-with-eddsa-ed25519",
    "MUST",
    "an author key that is not canonical: y is not below p",
    (p) => [3n, 4n, 18n].map((more) => withKey(p, 64, littleEndian(P + more))),
  ],
  [
    "author-key-off-curve",
    "cryptography#digital-signature-with-eddsa-ed25519",
    "MUST",
    "an author key that is no point of the curve",
    (p) => withKey(p, 64, littleEndian(7n)),
  ],
  [
    "nonce",
    "record#address-unique-nonce",
    "MUST",
    "a nonce that does not start with a 1 bit",
    (p) => [changed(p, 48, Uint8Array.of(0x7f)), changed(p, 48, zeros(8))],
  ],
  [
    "flags-reserved",
    "record#flag-byte-0",
    "MUST",
    "a reserved bit in flag byte 0",
    (p) => [0x02, 0x08, 0x10, 0x20].map((bit) => changed(p, 136, Uint8Array.of(bit))),
  ],
  [
    "flags-scheme",
    "record#flag-byte-0",
    "SETTLED",
    "a signature scheme that is not EdDSA",
    (p) => [0x40, 0x80, 0xc0].map((bits) => changed(p, 136, Uint8Array.of(bits))),
  ],
  [
    "flags-bytes",
    "record#flag-bytes-1-7",
    "MUST",
    "a bit in flag byte 1 or 2",
    (p) => [137, 138].flatMap((at) => [0x01, 0x80].map((bit) => changed(p, at, Uint8Array.of(bit)))),
  ],
  [
    "lens",
    "record#lens",
    "SETTLED",
    "a signature length that is not 64",
    (p) => [0, 57, 63, 0xffff].map((length) => changed(p, 146, u16(length))),
  ],
  [
    "lent",
    "record#validation",
    "MUST",
    "a tags length that does not fit",
    (p) => [0, 8, 24, 0xffff].map((length) => changed(p, 144, u16(length))),
  ],
  [
    "lenp",
    "record#validation",
    "MUST",
    "a payload length that does not fit",
    (p) => [0, 8, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff].map((length) => changed(p, 148, u32(length))),
  ],
  ["cut", "record#validation", "MUST", "bytes that are missing at the end", (p) => [1, 8, 64].map((less) => p.write().slice(0, -less))],
  ["short", "record#validation", "MUST", "less than a header", (p) => [48, 96, 151].map((length) => p.write().slice(0, length))],
  [
    "tag-length",
    "tags",
    "MUST",
    "a tag whose length is below 4",
    (p) => [0, 1, 3].map((length) => p.write({ tags: [concatBytes(u16(length), u16(9), zeros(4))] })),
  ],
  [
    "tag-past-end",
    "tags",
    "SETTLED",
    "a tag that goes past the end of the tags",
    (p) => [p.write({ tags: [concatBytes(u16(9), u16(9), zeros(4))] }), p.write({ tags: [textTag("good"), zeros(2)] })],
  ],
]

/** Each is INVALID, is not stored, and leaves the connection alive. */
export const recordInvalid: readonly Rule[] = CASES.map(([id, page, level, title, make]) => ({
  id: `record-invalid-${id}`,
  page,
  level,
  title: `INVALID: ${title}`,
  async run(context) {
    const peer = await context.open()
    const writer = await context.poster()
    const made = make(writer)
    const records = made instanceof Uint8Array ? [made] : made
    for (const [index, record] of records.entries()) {
      const result = await peer.submit(record)
      if (result !== "INVALID") fail(`case ${index + 1} of ${records.length} gets ${result}`)
    }
    const whole = records.filter(({ length }) => length >= 48)
    const { records: found } = await peer.get(...whole.map(idOf))
    expectEqual(found.length, 0, "records that were stored all the same")
    expectEqual(await peer.submit(writer.write()), "ACCEPTED", "a good record of the same author")
  },
}))
