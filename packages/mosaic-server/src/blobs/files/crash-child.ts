import { writeSync } from "node:fs"
import { hashBlob, toHex } from "@tessera/mosaic"
import { contentOf, upload } from "../contract/content.ts"
import { openFileBlobs } from "../files.ts"

/** The program that crash.test.ts kills: stores blobs for ever, several at once, and says on standard output which are durable: `seed hash`. */

const [folder = "", keyHex = "", roundText = ""] = process.argv.slice(2)
const store = await openFileBlobs({ folder, key: Buffer.from(keyHex, "hex") })
let seed = Number(roundText) * 1_000_000

async function write(): Promise<never> {
  for (;;) {
    seed += 1
    const mine = seed
    const content = contentOf(mine % 5 === 0 ? 300_000 : 20_000 + (mine % 7), mine)
    const hash = toHex(await hashBlob(content))
    await upload(store, content)
    writeSync(1, `${mine} ${hash}\n`)
  }
}

writeSync(1, "open\n")
await Promise.all([write(), write(), write()])
