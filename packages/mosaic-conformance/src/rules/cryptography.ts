import { createHash } from "node:crypto"
import { type PublicKey, type SecretKey, concatBytes, encodeUtf8, prehash, publicKeyOf } from "@tessera/mosaic"
import type { RecordParts } from "../cast/record.ts"
import { layRecord } from "../cast/record.ts"
import type { Rule } from "../rule.ts"
import { expectEqual } from "../verdict.ts"

const page = "cryptography#digital-signature-with-eddsa-ed25519"

/** The order of the group, and the prime of its field. (RFC 8032) */
const L = 2n ** 252n + 27_742_317_777_372_353_535_851_937_790_883_648_493n
const P = 2n ** 255n - 19n
/** RFC 8032's dom2(1, "Mosaic"). */
const DOM2 = concatBytes(encodeUtf8("SigEd25519 no Ed25519 collisions"), Uint8Array.of(1, 6), encodeUtf8("Mosaic"))

/** The key of the seed of 32 bytes 0x2a, plus a point of order 8: of mixed order, which no page forbids. */
const MIXED_SEED = new Uint8Array(32).fill(0x2a) as SecretKey
const MIXED_KEY = Uint8Array.from(Buffer.from("5e2a648325bc9a8f481c735248eda873674ff86f0a74835f61c4b8e2eb0a4879", "hex")) as PublicKey

function toNumber(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n)
}

function littleEndian(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, index) => Number((value >> BigInt(8 * index)) & 0xffn))
}

const sha512 = (...parts: readonly Uint8Array[]): Uint8Array => {
  const hash = createHash("sha512")
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** The secret scalar of a seed. (RFC 8032, 5.1.5) */
function scalarOf(seed: Uint8Array): bigint {
  const bytes = sha512(seed).subarray(0, 32)
  bytes[0] = (bytes[0] ?? 0) & 0xf8
  bytes[31] = ((bytes[31] ?? 0) & 0x7f) | 0x40
  return toNumber(bytes)
}

/** Signs by hand, with a given R whose logarithm is `r`. Gives the record, and the hash that was multiplied with the key. */
function signWith(parts: RecordParts, { R, r, key }: { readonly R: Uint8Array; readonly r: bigint; readonly key: Uint8Array }) {
  const record = layRecord({ ...parts, signingKey: key })
  const at = record.length - 64
  const h = toNumber(sha512(DOM2, R, key, prehash(record.subarray(48, at))))
  record.set(R, at)
  record.set(littleEndian((r + h * scalarOf(parts.signer)) % L), at + 32)
  return { record, h }
}

const nonceSecret = new Uint8Array(32).fill(0x2b) as SecretKey

export const cryptography: readonly Rule[] = [
  {
    id: "signature-cofactored",
    page,
    level: "MUST",
    title: "A signature that holds by the cofactored equation alone is accepted",
    async run(context) {
      const writer = await context.writer()
      const peer = await context.open()
      let made = undefined as Uint8Array | undefined
      // One in eight hashes takes the difference away: without the cofactor it would hold as well.
      while (made === undefined) {
        const parts = writer.parts({ author: MIXED_KEY, signer: MIXED_SEED })
        const { record, h } = signWith(parts, { R: publicKeyOf(nonceSecret), r: scalarOf(nonceSecret), key: MIXED_KEY })
        if (h % 8n !== 0n) made = record
      }
      expectEqual(await peer.submit(made), "ACCEPTED", "result")
    },
  },
  {
    id: "signature-r-not-canonical",
    page,
    level: "MUST",
    title: "INVALID: a signature whose R is not canonical, although the equation holds",
    async run(context) {
      const writer = await context.poster()
      const peer = await context.open()
      // Two spellings of the neutral point that nobody may use: y not below p, and a negative zero for x.
      for (const R of [littleEndian(P + 1n), littleEndian(1n | (1n << 255n))]) {
        const { record } = signWith(writer.parts(), { R, r: 0n, key: writer.key })
        expectEqual(await peer.submit(record), "INVALID", "result")
      }
      // Signing by hand is not what is wrong with them.
      const good = signWith(writer.parts(), { R: publicKeyOf(nonceSecret), r: scalarOf(nonceSecret), key: writer.key })
      expectEqual(await peer.submit(good.record), "ACCEPTED", "the same with another R")
    },
  },
]
