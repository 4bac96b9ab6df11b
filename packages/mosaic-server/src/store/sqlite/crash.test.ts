import { spawn } from "node:child_process"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { decodeUtf8, parseTimestamp } from "@tessera/mosaic"
import { expect, test } from "vitest"
import { temporaryFolder } from "../contract/folder.ts"
import type { StoredRecord } from "../port.ts"
import { openSqliteStore } from "../sqlite.ts"

const ROUNDS = Number(process.env["CRASH_ROUNDS"] ?? 50)
/** Folders with a history each; they run at the same time. */
const HISTORIES = 5
const CHILD = fileURLToPath(new URL("./crash-child.ts", import.meta.url))
const KEY = new Uint8Array(32).fill(5)

/** Runs the child until it is killed, and gives the batches that it said were durable. */
async function writeAndKill(path: string, round: number, cache: string): Promise<string[]> {
  const child = spawn(process.execPath, [CHILD, path, Buffer.from(KEY).toString("hex"), String(round)], {
    stdio: ["ignore", "pipe", "pipe"],
    // Starting is most of what a round takes.
    env: { ...process.env, NODE_COMPILE_CACHE: cache },
  })
  const faults = text(child.stderr)
  let output = ""
  const isOpen = new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk
      if (output.startsWith("open\n")) resolve()
    })
    child.once("exit", () => reject(new Error(`ended before it was told to: ${output}`)))
  })
  const ended = new Promise<NodeJS.Signals | null>((resolve) => child.once("close", (_, signal) => resolve(signal)))
  // One in ten while it opens the file or makes it, or takes in the log that the last one left.
  if (round % 10 === 3) await sleep(Math.random() * 300)
  else await isOpen.then(async () => await sleep(Math.random() * 60))
  isOpen.catch(() => {})
  child.kill("SIGKILL")
  expect(await ended, await faults).toBe("SIGKILL")
  // A line that was cut off was still on its way: its batch may be there or not.
  return output
    .slice(0, output.lastIndexOf("\n") + 1)
    .split("\n")
    .filter((line) => line !== "" && line !== "open")
}

/** Checks what is there: each batch whole or not at all, and those that were promised; in order, without gap or double. */
async function check(path: string, promised: ReadonlySet<string>): Promise<void> {
  await using store = await openSqliteStore({ path, key: KEY, now: () => parseTimestamp(1n) })
  const last = await store.lastSequence()
  const batches = new Map<string, number>()
  let previous: StoredRecord | undefined
  if (last > 0) {
    for await (const stored of store.changes(0, { signal: AbortSignal.timeout(60_000) })) {
      expect(stored.sequence).toBe((previous?.sequence ?? 0) + 1)
      if (previous !== undefined) expect(stored.received > previous.received).toBe(true)
      const batch = decodeUtf8(stored.record.payload).split(" ", 3).join(" ")
      batches.set(batch, (batches.get(batch) ?? 0) + 1)
      previous = stored
      if (stored.sequence === last) break
    }
  }
  for (const [batch, count] of batches) expect(`${batch}: ${count}`).toBe(`${batch}: ${batch.split(" ")[2]}`)
  expect([...promised].filter((batch) => !batches.has(batch))).toEqual([])
}

test(
  `killed at random moments, ${ROUNDS} times: what was promised is there, and no batch by halves`,
  { timeout: 60_000 + ROUNDS * 2_000 },
  async () => {
    let promises = 0
    await using cache = await temporaryFolder()
    await Promise.all(
      Array.from({ length: HISTORIES }, async (_, history) => {
        await using folder = await temporaryFolder()
        const path = join(folder.path, "records.db")
        const promised = new Set<string>()
        for (let round = history; round < ROUNDS; round += HISTORIES) {
          for (const batch of await writeAndKill(path, round, cache.path)) promised.add(batch)
          await check(path, promised)
        }
        promises += promised.size
      }),
    )
    // Otherwise nothing would have been tried.
    expect(promises).toBeGreaterThan(ROUNDS)
  },
)
