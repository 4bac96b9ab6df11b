import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { decodeUtf8, parseTimestamp, retractionTargets } from "@tessera/mosaic"
import { temporaryFolder } from "../contract/folder.ts"
import type { StoredRecord } from "../port.ts"
import { openSqliteStore } from "../sqlite.ts"

/** Folders with a history each; they run at the same time. */
const HISTORIES = 5
const CHILD = fileURLToPath(new URL("crash-child.ts", import.meta.url))
const KEY = new Uint8Array(32).fill(5)

export interface CrashFigures {
  /** Processes that were killed while they wrote. */
  kills: number
  /** Batches and retractions that were said to be durable, and were there after each kill. */
  batches: number
  retractions: number
}

/**
 * Kills a program that writes, again and again at random moments, and looks after each kill what is there.
 *
 * @throws {AssertionError} when something is missing that was said to be durable, a batch is there by halves, or what was taken back is there.
 */
export async function crashRounds(rounds: number, onRound: (figures: CrashFigures) => void = () => {}): Promise<CrashFigures> {
  const figures = { kills: 0, batches: 0, retractions: 0 }
  await using cache = await temporaryFolder()
  await Promise.all(
    Array.from({ length: HISTORIES }, async (_, history) => {
      await using folder = await temporaryFolder()
      const path = join(folder.path, "records.db")
      const promised = new Set<string>()
      for (let round = history; round < rounds; round += HISTORIES) {
        for (const line of await writeAndKill(path, round, cache.path)) {
          promised.add(line)
          if (line.startsWith("put")) figures.batches += 1
          else figures.retractions += 1
        }
        await check(path, promised)
        figures.kills += 1
        onRound(figures)
      }
    }),
  )
  return figures
}

/** Runs the child until it is killed, and gives what it said was durable. */
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
  assert.equal(await ended, "SIGKILL", await faults)
  // A line that was cut off was still on its way: what it would have said may be there or not.
  return output
    .slice(0, output.lastIndexOf("\n") + 1)
    .split("\n")
    .filter((line) => line !== "" && line !== "open")
}

/** Checks what is there: each batch whole or not at all, but for what was taken back with its retraction; in order, without double; and all that was promised. */
async function check(path: string, promised: ReadonlySet<string>): Promise<void> {
  await using store = await openSqliteStore({ path, key: KEY, now: () => parseTimestamp(1n) })
  const last = await store.lastSequence()
  const batches = new Map<string, Set<string>>()
  const gone: StoredRecord[] = []
  let previous: StoredRecord | undefined
  let count = 0
  if (last > 0) {
    for await (const stored of store.changes(0, { signal: AbortSignal.timeout(60_000) })) {
      assert(stored.sequence > (previous?.sequence ?? 0), "out of order")
      assert(previous === undefined || stored.received > previous.received, "received out of order")
      previous = stored
      count += 1
      const [what = "", round = "", batch = "", size = "", index = ""] = decodeUtf8(stored.record.payload).split(" ", 5)
      if (what === "gone") gone.push(stored)
      else batches.set(`put ${round} ${batch} ${size}`, (batches.get(`put ${round} ${batch} ${size}`) ?? new Set()).add(index))
      if (stored.sequence === last) break
    }
  }
  const taken = new Set(gone.map(({ record }) => decodeUtf8(record.payload).trimEnd()))
  assert.equal(count + taken.size, last, "a sequence is missing that was not taken back")
  for (const line of promised) assert(taken.has(line) || batches.has(line) || isTakenWhole(line, taken), `missing: ${line}`)
  for (const [batch, indexes] of batches) {
    const [, round = "", number = "", size = ""] = batch.split(" ")
    const isTaken = taken.has(`gone ${round} ${number}`)
    assert.equal(indexes.size, Number(size) - (isTaken ? 1 : 0), batch)
    assert.equal(indexes.has("0"), !isTaken, batch)
  }
  const targets = gone.flatMap(({ record }) => retractionTargets(record))
  for (let at = 0; at < targets.length; at += 500) assert.deepEqual(await store.get(targets.slice(at, at + 500)), [])
}

/** A batch of one record that was taken back leaves only its retraction. */
function isTakenWhole(line: string, taken: ReadonlySet<string>): boolean {
  const [, round = "", batch = "", size = ""] = line.split(" ")
  return size === "1" && taken.has(`gone ${round} ${batch}`)
}
