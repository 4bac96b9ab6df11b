import { writeSync } from "node:fs"
import { flushCompileCache } from "node:module"
import { encodeUtf8, parseTimestamp } from "@tessera/mosaic"
import { forgeRecord, forgedKey } from "../contract/forged-record.ts"
import { openSqliteStore } from "../sqlite.ts"

/**
 * The program that crash.test.ts kills: writes batches for ever from several places at once, and says on standard output which are durable.
 * A line is `round batch size`; the payload of each record says the same, and which of the batch it is.
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
    const records = Array.from({ length: size }, (_, index) =>
      forgeRecord({
        author,
        kind: 0x1_0001_001cn,
        nonce: BigInt(round * 1_000_000 + batch * 10 + index),
        timestamp: BigInt(round * 1_000_000 + batch),
        // Some fill many pages, so that a kill can come between two writes of one commit.
        payload: encodeUtf8(`${round} ${batch} ${size} ${index} ${"filling ".repeat(batch % 5 === 0 ? 2_000 : 20)}`),
      }),
    )
    await store.put(records)
    writeSync(1, `${round} ${batch} ${size}\n`)
  }
}

// Those that are killed would leave nothing for the next to start faster with.
flushCompileCache()
writeSync(1, "open\n")
await Promise.all([write(), write(), write()])
