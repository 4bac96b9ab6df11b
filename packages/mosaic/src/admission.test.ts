import * as fc from "fast-check"
import { expect, test } from "vitest"
import vectorText from "../../../vectors/admission.json?raw"
import { growthExponent } from "../test/growth.ts"
import { feedHostileInput } from "../test/hostile.ts"
import { master, masterSecret, secretOf } from "../test/subkeys.ts"
import { type Admission, MAX_ADMISSION_TEXT, buildAdmission, decodeAdmission, encodeAdmission, readAdmission } from "./admission.ts"
import { concatBytes, encodeUtf8, fromHex, toHex } from "./bytes.ts"
import { publicKeyOf } from "./keys/secret-key.ts"
import { MICROBLOG_ROOT } from "./kinds.ts"
import { nonceFromText } from "./nonce.ts"
import { buildRecord } from "./record/build.ts"
import { verifyRecord } from "./record/unverified.ts"
import { buildService, readService } from "./service.ts"
import { isServiceUrl } from "./service-url.ts"
import { ADMISSION, SERVICE } from "./tessera-kinds.ts"
import { parseTimestamp } from "./timestamp.ts"

const server = publicKeyOf(secretOf(7))
const timestamp = parseTimestamp(5n)
const admission: fc.Arbitrary<Admission> = fc.record({
  server: fc.constantFrom(server, master),
  way: fc.constantFrom("request", "invite"),
  text: fc.string({ unit: "grapheme", maxLength: 60 }),
})

test("an admission reads back, and its bytes are the only ones that do", () => {
  fc.assert(
    fc.property(admission, (each) => {
      const payload = encodeAdmission(each)
      expect(decodeAdmission(payload)).toEqual(each)
      expect(encodeAdmission(decodeAdmission(payload))).toEqual(payload)
      expect(readAdmission(buildAdmission({ ...each, master: masterSecret, timestamp }))).toEqual(each)
    }),
    { numRuns: 30 },
  )
})

test("the kinds are those of the table, and an admission is neither kept nor shown by servers that do not know it", () => {
  expect([ADMISSION, SERVICE]).toEqual([0x7006_8b0c_0010_0001n, 0x7006_8b0c_0011_000en])
})

test("what is too long or no URL is not written", () => {
  const text = "é".repeat(MAX_ADMISSION_TEXT / 2)
  expect(decodeAdmission(encodeAdmission({ server, way: "request", text })).text).toBe(text)
  expect(() => encodeAdmission({ server, way: "request", text: `${text}a` })).toThrow(RangeError)
  for (const url of ["ftp://a", "https://", "https://a b", "https://a\r\nX: y", "https://ü", `https://${"a".repeat(2_048)}`]) {
    expect(isServiceUrl(url)).toBe(false)
    expect(() => buildService({ server: secretOf(7), timestamp, url })).toThrow(RangeError)
  }
})

test("an admission of another kind is none", () => {
  const record = buildRecord({ author: master, signer: masterSecret, kind: MICROBLOG_ROOT, nonce: nonceFromText("a"), timestamp })
  expect(() => readAdmission(record)).toThrow("another kind")
  expect(() => readService(record)).toThrow("another kind")
})

interface Vector {
  readonly name: string
  readonly kind: string
  readonly hex: string
  readonly means: Partial<Record<"server" | "way" | "text" | "refused", string>> & { readonly url?: string | null }
}
const vectors = JSON.parse(vectorText) as readonly Vector[]

test.each(vectors)("admission.json: $name", ({ hex, kind, means }) => {
  const record = verifyRecord(fromHex(hex))
  expect(record.kind.toString(16).padStart(16, "0")).toBe(kind)
  const read = (): unknown => {
    if (record.kind === SERVICE) return { url: readService(record) ?? null }
    const { server: asked, way, text } = readAdmission(record)
    return { server: toHex(asked), way, text }
  }
  if (means.refused === undefined) expect(read()).toEqual(means)
  else expect(read).toThrow(means.refused)
})

test("payloads from strangers are refused cleanly or read", () => {
  const valid = [encodeAdmission({ server, way: "invite", text: "code" }), encodeAdmission({ server, way: "request", text: "Grüße" })]
  expect(feedHostileInput((bytes) => decodeAdmission(bytes), valid)).toBeGreaterThan(1000)
})

test("a payload of any length is refused or read in linear time", () => {
  const prepare = (size: number) => concatBytes(server, Uint8Array.of(0), encodeUtf8("é".repeat(size)))
  expect(growthExponent(30, prepare, (bytes) => decodeAdmission(bytes.subarray(0, 33 + MAX_ADMISSION_TEXT)), 1.6)).toBeLessThan(1.6)
})
