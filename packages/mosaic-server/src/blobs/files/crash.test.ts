import { spawn } from "node:child_process"
import { readdir } from "node:fs/promises"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { fromHex, hashBlob, parseBlobHash, toHex } from "@tessera/mosaic"
import { expect, test } from "vitest"
import { temporaryFolder } from "../../store/contract/folder.ts"
import { download } from "../contract/content.ts"
import { openFileBlobs } from "../files.ts"

const ROUNDS = Number(process.env["CRASH_ROUNDS"] ?? 8)
const CHILD = fileURLToPath(new URL("./crash-child.ts", import.meta.url))
const KEY = new Uint8Array(32).fill(5)

/** Runs the child until it is killed, and gives the hashes of the blobs that it said were durable. */
async function storeAndKill(folder: string, round: number): Promise<string[]> {
  const child = spawn(process.execPath, [CHILD, folder, Buffer.from(KEY).toString("hex"), String(round)], {
    stdio: ["ignore", "pipe", "pipe"],
  })
  const faults = text(child.stderr)
  let output = ""
  const isOpen = new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk
      if (output.startsWith("open\n")) resolve()
    })
    child.once("exit", () => reject(new Error("ended before it was told to")))
  })
  const ended = new Promise<NodeJS.Signals | null>((resolve) => child.once("close", (_, signal) => resolve(signal)))
  await isOpen.catch(async () => expect.fail(await faults))
  await sleep(20 + Math.random() * 150)
  child.kill("SIGKILL")
  expect(await ended, await faults).toBe("SIGKILL")
  const lines = output.slice(0, output.lastIndexOf("\n")).split("\n")
  return lines.flatMap((line) => line.split(" ").slice(1))
}

test(`after kill -9, ${ROUNDS} times: every blob that was promised is there and right, and nothing by halves`, async () => {
  await using folder = await temporaryFolder()
  const promised = new Set<string>()
  let half = 0
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const hash of await storeAndKill(folder.path, round)) promised.add(hash)
    half += (await readdir(join(folder.path, "incoming"))).length
    await using store = await openFileBlobs({ folder: folder.path, key: KEY })
    expect(await readdir(join(folder.path, "incoming"))).toEqual([])
    for (const hex of promised) {
      const hash = parseBlobHash(fromHex(hex))
      const content = await download(store, hash)
      expect(content === undefined ? "lost" : toHex(await hashBlob(content))).toBe(hex)
    }
    // Whatever else has got a name is whole: three were on their way at most in each round.
    expect(store.usage().blobs).toBeGreaterThanOrEqual(promised.size)
    expect(store.usage().blobs).toBeLessThanOrEqual(promised.size + 3 * round)
  }
  expect(promised.size).toBeGreaterThan(ROUNDS)
  // The kills came in the middle of something.
  expect(half).toBeGreaterThan(0)
})
