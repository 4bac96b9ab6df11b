import { createPublicKey, generateKeyPairSync, randomBytes, sign as signNative, verify as verifyNative } from "node:crypto"
import {
  buildRecord,
  MICROBLOG_ROOT,
  nonceFromTimestamp,
  parseRecord,
  parseSecretKey,
  publicKeyOf,
  timestampFromUnixMillis,
} from "@tessera/mosaic"
import { median, type Row } from "./row.ts"

const ROUNDS = 7
const PER_ROUND = 100

function perSecond(work: (index: number) => void): number {
  work(0)
  const rates: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const begun = performance.now()
    for (let index = 0; index < PER_ROUND; index += 1) work(index)
    rates.push((PER_ROUND * 1000) / (performance.now() - begun))
  }
  return median(rates)
}

/** Whole records of 400 bytes, parsed and verified on one thread, beside OpenSSL's plain Ed25519 of the same length. */
export async function run(): Promise<readonly Row[]> {
  const records = Array.from({ length: PER_ROUND }, (_, index) => {
    const signer = parseSecretKey(randomBytes(32))
    const timestamp = timestampFromUnixMillis(1_800_000_000_000 + index)
    const nonce = nonceFromTimestamp(timestamp)
    return buildRecord({ author: publicKeyOf(signer), signer, kind: MICROBLOG_ROOT, nonce, timestamp, payload: randomBytes(184) }).bytes
  })
  const message = randomBytes(400)
  const { privateKey, publicKey } = generateKeyPairSync("ed25519")
  const signature = signNative(null, message, privateKey)
  const native = createPublicKey(publicKey.export({ type: "spki", format: "pem" }))
  const reference = {
    name: "OpenSSL Ed25519",
    value: perSecond(() => {
      if (!verifyNative(null, message, native, signature)) throw new Error("the reference does not verify")
    }),
  }
  const value = perSecond((index) => {
    const bytes = records[index]
    if (bytes === undefined) throw new Error("no record")
    parseRecord(bytes).verify()
  })
  return [{ name: "verify a record", value, unit: "/s", reference, note: "400 bytes, author signs, one thread" }]
}
