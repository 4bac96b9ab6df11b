import {
  type RecordId,
  MAX_SERVICE_URL,
  buildKept,
  decodeAdmission,
  decodeKept,
  decodeKeySchedule,
  decodeProfile,
  encodeAdmission,
  encodeKeySchedule,
  encodeProfile,
  formatReference,
  formatServerKey,
  formatUserKey,
  isServiceUrl,
  parseAttestation,
  parsePublicKey,
  parseReferenceText,
  parseSecretKey,
  parseServerKey,
  parseTimestamp,
  parseUserKey,
  publicKeyOfCertificate,
  selfSignedCertificate,
} from "@tessera/mosaic"
import { keys, records, schedules, secrets } from "../cast.ts"
import { type Target, expectLaw, expectSame } from "../target.ts"

const text = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1")
const latin1 = (value: string): Uint8Array => new Uint8Array(Buffer.from(value, "latin1"))

const [publicKey = parsePublicKey(new Uint8Array(32))] = keys

/** Payloads of key schedules. */
export const keyScheduleTarget: Target = {
  name: "key schedules",
  share: 1_000,
  good: schedules.map(({ payload }) => payload),
  take(bytes) {
    const entries = decodeKeySchedule(bytes)
    const written = encodeKeySchedule(entries)
    expectSame(encodeKeySchedule(decodeKeySchedule(written)), written, "encode(decode(x)) is not canonical")
    for (const entry of entries) if (entry.use === "signing") parseAttestation(entry.attestation)
  },
}

function kept(ids: readonly RecordId[]): Uint8Array {
  const [master = parseSecretKey(new Uint8Array(32))] = secrets
  const [, device = new Uint8Array(32)] = keys
  return buildKept({ master, device, timestamp: parseTimestamp(1n), ids }).payload
}

export const keptTarget: Target = {
  name: "kept",
  share: 500,
  good: [records.slice(0, 1), records.slice(0, 9)].map((some) => kept(some.map(({ id }) => id))),
  take: (bytes) => void decodeKept(bytes),
}

const admissions = (["request", "invite"] as const).map((way, index) =>
  encodeAdmission({ server: keys[index] ?? publicKey, way, text: "Grüße: please" }),
)

/** What strangers write to be let in. */
export const admissionTarget: Target = {
  name: "admissions",
  share: 60,
  good: admissions,
  take(bytes) {
    expectSame(encodeAdmission(decodeAdmission(bytes)), bytes, "encode(decode(x)) is another")
  },
}

/** Web addresses that a server tells, and that go into a header and a page. */
export const serviceUrlTarget: Target = {
  name: "service URLs",
  share: 300,
  good: ["https://example.org/join?x=1#y", "http://[::1]:80/"].map(latin1),
  take(bytes) {
    const url = text(bytes)
    if (!isServiceUrl(url)) return
    expectLaw(url.length <= MAX_SERVICE_URL, "a service URL is too long")
    expectLaw(!/[\s\0\x80-\xff]/.test(url), "a service URL breaks its header")
    expectLaw(/^https?:/.test(url), "a service URL is no web address")
  },
}

/** CBOR of profiles, pictures in them too. */
export const profileTarget: Target = {
  name: "profiles",
  share: 300,
  good: [
    encodeProfile({ name: "ann" }),
    encodeProfile({
      name: "Ann Onymous",
      display_name: "Änn",
      about: "hello",
      website: "https://example.org",
      bot: false,
      more: [1, { x: 2 }],
    }),
  ],
  take(bytes) {
    const profile = decodeProfile(bytes)
    expectLaw(profile.name.length > 0, "a profile has a name")
  },
}

/** What is printed reads back, and every text that is read prints as itself. */
export const keyTextTarget: Target = {
  name: "key texts",
  share: 20,
  good: keys.flatMap((key) => [latin1(formatUserKey(key)), latin1(formatServerKey(key))]),
  take(bytes) {
    const written = text(bytes)
    const isServer = written.startsWith("mosrv0")
    const key = isServer ? parseServerKey(written) : parseUserKey(written)
    expectLaw((isServer ? formatServerKey(key) : formatUserKey(key)) === written, "a key that is read prints otherwise")
  },
}

export const referenceTextTarget: Target = {
  name: "reference texts",
  share: 500,
  good: records.slice(0, 8).flatMap(({ id, address }) => [latin1(formatReference(id)), latin1(formatReference(address))]),
  take(bytes) {
    const written = text(bytes)
    expectLaw(formatReference(parseReferenceText(written)) === written, "a reference that is read prints otherwise")
  },
}

export const publicKeyTarget: Target = {
  name: "public keys",
  share: 20,
  good: keys,
  take(bytes) {
    expectSame(parsePublicKey(bytes), bytes, "a key is other bytes")
  },
}

/** Certificates of any layout. */
export const certificateTarget: Target = {
  name: "certificates",
  share: 100,
  good: secrets.map((secret) => selfSignedCertificate(secret).certificate),
  take: (bytes) => void publicKeyOfCertificate(bytes),
}
