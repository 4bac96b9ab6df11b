import { expect, test } from "vitest"
import vectorText from "../../../vectors/tessera-kinds.json?raw"
import { master, masterSecret, secretOf } from "../test/subkeys.ts"
import { fromHex, toHex } from "./bytes.ts"
import { VerifyError } from "./errors.ts"
import { readHome } from "./home.ts"
import { readKept } from "./kept.ts"
import { publicKeyOf } from "./keys/secret-key.ts"
import { type Kind, kindReaders, makeKind, parseKind } from "./kind.ts"
import { KEY_SCHEDULE, MICROBLOG_ROOT, PROFILE } from "./kinds.ts"
import { nonceFromText, nonceFromTimestamp } from "./nonce.ts"
import { type RecordParts, buildRecord } from "./record/build.ts"
import { verifyRecord } from "./record/unverified.ts"
import type { VerifiedRecord } from "./record/verified.ts"
import { makeAddress, parseRecordId } from "./reference.ts"
import { buildRetraction, mayRetract, retractedBy, retractionTargets } from "./retraction.ts"
import { notifyTag } from "./tags/build.ts"
import { readTesseraTag, retractsTag } from "./tags/tessera-tag.ts"
import { HOME, KEPT, REACTION, TESSERA_APPLICATION, isRetractionKind, retractionKind } from "./tessera-kinds.ts"
import { parseTimestamp } from "./timestamp.ts"

const device = secretOf(2)
const bob = publicKeyOf(secretOf(3))
const timestamp = parseTimestamp(100n)
const nonce = nonceFromText("retraction")

let made = 0
function write(parts: Partial<RecordParts> = {}): VerifiedRecord {
  made += 1
  const own = { author: master, signer: device, kind: MICROBLOG_ROOT, nonce: nonceFromTimestamp(parseTimestamp(BigInt(made))), timestamp }
  return buildRecord({ ...own, ...parts })
}

test("the kinds are those of the table", () => {
  expect([retractionKind("author"), retractionKind("tagged"), retractionKind("everybody"), KEPT, HOME, REACTION]).toEqual([
    0x7006_8b0c_0004_0000n,
    0x7006_8b0c_0004_0004n,
    0x7006_8b0c_0004_000cn,
    0x7006_8b0c_0005_000en,
    0x7006_8b0c_0006_000en,
    0x7006_8b0c_0007_000cn,
  ])
  const others = [KEPT, MICROBLOG_ROOT, makeKind({ application: TESSERA_APPLICATION, number: 4, handling: "versioned", readers: "author" })]
  expect(others.map(isRetractionKind)).toEqual([false, false, false])
})

test.each([
  [MICROBLOG_ROOT, "author"],
  [REACTION, "author"],
  [PROFILE, "master"],
  [HOME, "master"],
  [KEY_SCHEDULE, "nobody"],
  [KEPT, "nobody"],
  [retractionKind("author"), "nobody"],
  [retractionKind("tagged"), "nobody"],
  [retractionKind("everybody"), "nobody"],
] as const)("records of kind %s are taken back by: %s", (kind, who) => {
  expect(retractedBy(kind)).toBe(who)
  const address = makeAddress({ nonce, kind, author: master })
  expect(mayRetract({ author: master, signer: master }, address)).toBe(who !== "nobody")
  expect(mayRetract({ author: master, signer: publicKeyOf(device) }, address)).toBe(who === "author")
  expect(mayRetract({ author: bob, signer: bob }, address)).toBe(false)
})

test("a retraction names its targets, has their reading rights, and reaches whom they reached", () => {
  const kind = makeKind({ application: 1, number: 4, handling: "unique", readers: "tagged" })
  const targets = [write({ kind, tags: [notifyTag(bob)] }), write({ kind, tags: [notifyTag(bob)] })]
  const retraction = buildRetraction({ signer: device, nonce, timestamp, targets })
  expect(kindReaders(retraction.kind)).toBe("tagged")
  expect(retractionTargets(retraction)).toEqual(targets.map(({ id }) => id))
  expect(retraction.tags.filter(({ type }) => type === 1)).toEqual([notifyTag(bob)])
  const all = buildRetraction({ signer: device, nonce, timestamp, targets, allVersions: true })
  expect(retractionTargets(all)).toEqual(targets.map(({ address }) => address))
  expect(retractionTargets(targets[0] ?? all)).toEqual([])
})

test("what nobody would carry out is not built", () => {
  const build = (targets: readonly VerifiedRecord[]) => buildRetraction({ signer: device, nonce, timestamp, targets })
  expect(() => build([])).toThrow(RangeError)
  expect(() => build([write(), write({ author: bob })])).toThrow("several authors")
  expect(() => build([write(), write({ kind: parseKind(0x1_0004_0000n) })])).toThrow("reading rights")
  expect(() => build([write({ kind: KEY_SCHEDULE, signer: masterSecret })])).toThrow("cannot take back")
  expect(() => build([write({ kind: PROFILE, signer: masterSecret })])).toThrow("cannot take back")
  expect(() => build(Array.from({ length: 1_261 }, () => write()))).toThrow(RangeError)
})

test("addresses that its signer may not take back, repeated targets and broken tags are left out", () => {
  const id = parseRecordId(new Uint8Array(48).fill(1))
  const addressOf = (kind: Kind, author = master) => makeAddress({ nonce, kind, author })
  const tags = [
    retractsTag(addressOf(MICROBLOG_ROOT, bob)),
    retractsTag(addressOf(PROFILE)),
    retractsTag(addressOf(KEPT)),
    retractsTag(id),
    retractsTag(id),
    { type: 0x8b02, value: new Uint8Array(5) },
    retractsTag(addressOf(MICROBLOG_ROOT)),
  ]
  expect(retractionTargets(write({ kind: retractionKind("everybody"), tags }))).toEqual([id, addressOf(MICROBLOG_ROOT)])
})

interface Vector {
  readonly name: string
  readonly hex: string
  readonly kind: string
  readonly means: {
    readonly expires?: string
    readonly retracts?: readonly string[]
    readonly reactsTo?: { readonly kind: string; readonly reference: string }
    readonly kept?: readonly string[]
    readonly home?: { readonly number: number; readonly door: string; readonly former: readonly string[] }
    readonly refused?: string
  }
}
const vectors = JSON.parse(vectorText) as readonly Vector[]

test("there are vectors", () => expect(vectors.length).toBeGreaterThanOrEqual(12))

test.each(vectors)("tessera-kinds.json: $name", ({ hex, kind, means }) => {
  const record = verifyRecord(fromHex(hex))
  expect(record.kind.toString(16).padStart(16, "0")).toBe(kind)
  const tags = record.tags.map(readTesseraTag).filter((tag) => tag !== undefined)
  if (means.expires !== undefined) expect(tags).toContainEqual({ name: "expires", at: BigInt(means.expires) })
  if (means.retracts !== undefined) expect(retractionTargets(record).map(toHex)).toEqual(means.retracts)
  if (means.reactsTo !== undefined) {
    const { kind: about, reference } = means.reactsTo
    expect(tags).toContainEqual({ name: "reactsTo", kind: BigInt(`0x${about}`), reference: fromHex(reference) })
  }
  if (means.kept !== undefined) {
    const kept = readKept(record)
    expect(kept.size).toBe(means.kept.length)
    for (const id of means.kept) expect(kept.has(parseRecordId(fromHex(id)))).toBe(true)
  }
  if (means.home !== undefined) {
    const { number, door, former } = readHome(record)
    expect({ number, door: toHex(door), former: former.map(toHex) }).toEqual(means.home)
  }
  if (means.refused !== undefined)
    expect(() => (record.kind === HOME ? readHome : readKept)(record)).toThrow(new VerifyError(means.refused))
})
