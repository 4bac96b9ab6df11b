import {
  type Kind,
  type PublicKey,
  type SecretKey,
  type Tag,
  type VerifiedRecord,
  KEY_SCHEDULE,
  PROFILE,
  buildRecord,
  encodeUtf8,
  expiresTag,
  makeKind,
  nonceFromBytes,
  notifyTag,
  parseSecretKey,
  parseTimestamp,
  publicKeyOf,
  retractionKind,
  retractsTag,
  toHex,
} from "@tessera/mosaic"

/** Records to test stores with, signed once: signing is slow, so many runs draw from one pool. */
export interface RecordPool {
  readonly records: readonly VerifiedRecord[]
  readonly authors: readonly PublicKey[]
  readonly signers: readonly PublicKey[]
  readonly kinds: readonly Kind[]
  readonly tags: readonly Tag[]
  /** From the first to the last time that a record of the pool has. */
  readonly times: readonly [bigint, bigint]
}

const KINDS: readonly Kind[] = [
  makeKind({ application: 1, number: 1, handling: "unique", readers: "everybody", printable: true }),
  makeKind({ application: 1, number: 2, handling: "versioned", readers: "tagged" }),
  makeKind({ application: 0, number: 7, handling: "replaceable", readers: "everybody" }),
  makeKind({ application: 0xf000_0001, number: 9, handling: "replaceable", readers: "author" }),
]
/** Of some records only the master key takes back what it signed, some nobody takes back. */
const SPECIAL: readonly Kind[] = [PROFILE, KEY_SCHEDULE]
const RETRACTION = retractionKind("everybody")
const AUTHORS = 4
const TIMES = [1_000n, 1_012n] as const

/** A pool in which everything clashes often: addresses, times, authors, tags. The same for the same size. */
export function makeRecordPool(size: number): RecordPool {
  const masters = Array.from({ length: AUTHORS }, (_, index) => secretKey(1, index))
  const subkeys = Array.from({ length: 2 }, (_, index) => secretKey(2, index))
  const authors = masters.map(publicKeyOf)
  // Values that begin alike, one that is the beginning of another, an empty one, a core tag.
  const tags: Tag[] = [
    ...[
      "",
      "t",
      "topic",
      "topic of which the beginning is the same for many: a",
      "topic of which the beginning is the same for many: b",
    ].map((value) => ({ type: 0x8001, value: encodeUtf8(value) })),
    { type: 0x8002, value: encodeUtf8("t") },
    notifyTag(pick(authors, 0)),
  ]
  const draw = drawer(0x5eed)
  const records: VerifiedRecord[] = []
  for (let index = 0; index < size; index += 1) {
    const author = draw(AUTHORS)
    const carried = Array.from({ length: draw(4) }, () => pick(tags, draw(tags.length)))
    if (draw(4) === 0) carried.push(expiresTag(parseTimestamp(BigInt(draw(420)))))
    const isRetraction = index > 10 && draw(6) === 0
    // Half of them of anybody: of others a Retraction takes nothing.
    const own = records.filter((record) => toHex(record.author) === toHex(pick(authors, author)))
    for (let count = isRetraction ? 1 + draw(3) : 0; count > 0; count -= 1) {
      const candidates = own.length > 0 && draw(2) === 0 ? own : records
      const target = pick(candidates, draw(candidates.length))
      carried.push(retractsTag(draw(2) === 0 ? target.id : target.address))
    }
    const record = buildRecord({
      author: pick(authors, author),
      signer: draw(3) === 0 ? pick(subkeys, draw(2)) : pick(masters, author),
      kind: isRetraction ? RETRACTION : draw(8) === 0 ? pick(SPECIAL, draw(2)) : pick(KINDS, draw(KINDS.length)),
      nonce: nonceFromBytes(new Uint8Array(8).fill(draw(5))),
      timestamp: parseTimestamp(TIMES[0] + BigInt(draw(13))),
      tags: carried,
      payload: encodeUtf8(`${index}:${"x".repeat(draw(300))}`),
    })
    records.push(record)
  }
  const kinds = [...KINDS, ...SPECIAL, RETRACTION]
  return { records, authors, signers: [...authors, ...subkeys.map(publicKeyOf)], kinds, tags, times: TIMES }
}

function secretKey(group: number, index: number): SecretKey {
  return parseSecretKey(new Uint8Array(32).fill(index + 1).fill(group, 0, 4))
}

function pick<T>(list: readonly T[], index: number): T {
  const item = list[index]
  if (item === undefined) throw new RangeError(`index: ${index} of ${list.length}`)
  return item
}

/** Whole numbers below a bound, from a linear congruential generator: the pool must be the same each time. */
function drawer(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
