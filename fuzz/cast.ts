import { readFileSync } from "node:fs"
import {
  type Tag,
  type VerifiedRecord,
  MICROBLOG_ROOT,
  buildKeySchedule,
  buildRecord,
  encodeUtf8,
  fromHex,
  nonceFromTimestamp,
  notifyTag,
  parseSecretKey,
  parseTimestamp,
  publicKeyOf,
  replyTag,
  rootTag,
  signAttestation,
  urlTag,
} from "@tessera/mosaic"
import { sampled } from "./target.ts"

/** Some people, always the same. */
export const secrets = sampled(4, (index) => parseSecretKey(new Uint8Array(32).fill(index + 1)))
export const keys = secrets.map(publicKeyOf)

/** `vectors/records.json`: whole records, good and broken. */
export const vectors = (JSON.parse(readFileSync(new URL("../vectors/records.json", import.meta.url), "utf8")) as { hex: string }[]).map(
  ({ hex }) => fromHex(hex),
)

const text = (length: number): Uint8Array => encodeUtf8("The quick brown fox. ".repeat(50).slice(0, length))

/** Records of several people with tags of several types. */
export const records: readonly VerifiedRecord[] = sampled(32, (index) => {
  const signer = secrets[index % secrets.length] ?? parseSecretKey(new Uint8Array(32))
  const timestamp = parseTimestamp(1_790_000_000_000_000_000n + BigInt(index % 7))
  const tags: Tag[] = []
  const author = publicKeyOf(signer)
  if (index % 2 === 0) tags.push(notifyTag(author))
  if (index % 3 === 0) tags.push({ type: 0x7001, value: encodeUtf8(`tag ${index % 5}`) })
  if (index % 5 === 0) tags.push(urlTag(3, "https://example.org/"))
  const nonce = nonceFromTimestamp(timestamp)
  const record = buildRecord({ author, signer, kind: MICROBLOG_ROOT, nonce, timestamp, tags, payload: text(index * 9) })
  if (index % 4 !== 3) return record
  const thread = [replyTag(record.kind, record.id), rootTag(record.kind, record.address)]
  return buildRecord({ author, signer, kind: MICROBLOG_ROOT, nonce, timestamp, tags: thread })
})

export const schedules: readonly VerifiedRecord[] = (["active", "outOfUse", "revokedAll", "revokedPast"] as const).map((state, index) => {
  const [master, device] = [secrets[0], secrets[1 + (index % 3)]]
  if (master === undefined || device === undefined) throw new RangeError("nobody")
  const since = parseTimestamp(1_790_000_000_000_000_000n)
  const attestation = signAttestation(device, publicKeyOf(master))
  return buildKeySchedule({
    master,
    timestamp: since,
    entries: [
      { use: "signing", key: publicKeyOf(device), state, since, attestation },
      { use: "encryption", key: new Uint8Array(32).fill(index), state: "active", since },
    ],
  })
})
