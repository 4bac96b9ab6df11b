import { writeSync } from "node:fs"
import { flushCompileCache } from "node:module"
import { encodeUtf8, parseTimestamp, retractionKind, retractsTag } from "@tessera/mosaic"
import { forgeRecord, forgedKey } from "../contract/forged-record.ts"
import { openSqliteStore } from "../sqlite.ts"

/**
 * The program that crash-rounds.ts kills: writes batches for ever from several places at once, takes back the first record of every third one, and says
 * on standard output what is durable. A line is `put round batch size` or `gone round batch`; the payload of each record says the same, and which of
 * the batch it is.
 */

const [path = "", keyHex = "", roundText = ""] = process.argv.slice(2)
const round = Number(roundText)
const store = await openSqliteStore({ path, key: Buffer.from(keyHex, "hex"), now: () => parseTimestamp(BigInt(Date.now()) * 1_000_000n) })
const author = forgedKey(1)
let lastBatch = 0

async function write(): Promise<never> {
  for (;;) {
    lastBatch += 1
    const batch = lastBatch
    const size = 1 + (batch % 7)
    const nonce = (index: number): bigint => BigInt(round * 1_000_000 + batch * 10 + index)
    const timestamp = BigInt(round * 1_000_000 + batch)
    const records = Array.from({ length: size }, (_, index) =>
      forgeRecord({
        author,
        kind: 0x1_0001_001cn,
        nonce: nonce(index),
        timestamp,
        // Some fill many pages, so that a kill can come between two writes of one commit.
        payload: encodeUtf8(`put ${round} ${batch} ${size} ${index} ${"filling ".repeat(batch % 5 === 0 ? 2_000 : 20)}`),
      }),
    )
    await store.put(records)
    writeSync(1, `put ${round} ${batch} ${size}\n`)
    const [first] = records
    if (batch % 3 !== 0 || first === undefined) continue
    const payload = encodeUtf8(`gone ${round} ${batch} `)
    await store.put([
      forgeRecord({ author, kind: retractionKind("everybody"), nonce: nonce(9), timestamp, tags: [retractsTag(first.id)], payload }),
    ])
    writeSync(1, `gone ${round} ${batch}\n`)
  }
}

// Those that are killed would leave nothing for the next to start faster with.
flushCompileCache()
writeSync(1, "open\n")
await Promise.all([write(), write(), write()])
