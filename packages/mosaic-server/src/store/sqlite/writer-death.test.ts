import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { parseTimestamp } from "@tessera/mosaic"
import { expect, test } from "vitest"
import { temporaryFolder } from "../contract/folder.ts"
import { forgeRecord, forgedKey } from "../contract/forged-record.ts"
import { type RecordStore, StorageError } from "../port.ts"
import { openSqliteStore } from "../sqlite.ts"

const now = (): ReturnType<typeof parseTimestamp> => parseTimestamp(1n)
const note = (number: number, bytes = 10): ReturnType<typeof forgeRecord> =>
  forgeRecord({
    author: forgedKey(1),
    kind: 0x1_0001_001cn,
    nonce: BigInt(number),
    timestamp: BigInt(number),
    payload: new Uint8Array(bytes),
  })

/** A store whose writer runs this program around the real one. */
async function withWriter(folder: string, program: string): Promise<RecordStore> {
  const file = join(folder, "writer.mjs")
  await writeFile(file, `import { parentPort } from "node:worker_threads"\n${program}\n`)
  return await openSqliteStore({ path: join(folder, "records.db"), now, writerUrl: pathToFileURL(file) })
}

const real = JSON.stringify(new URL("./writer.ts", import.meta.url).href)

test.each([
  ["ends", "process.exit(3)"],
  ["throws", "throw new Error('a bug')"],
])("when the writer's thread %s, everything that waits and everything later is refused", async (_how, death) => {
  await using folder = await temporaryFolder()
  const store = await withWriter(
    folder.path,
    `let puts = 0; parentPort.on("message", () => { if (++puts === 2) ${death} }); await import(${real})`,
  )
  await store.put([note(1)])
  const ending = new AbortController()
  const following = (async () => {
    for await (const stored of store.changes(0, { signal: ending.signal })) expect(stored.sequence).toBe(1)
  })()
  following.catch(() => {})
  // More than may be under way at once: some have not even been handed over.
  const puts = Array.from({ length: 30 }, async (_, index) => await store.put([note(index + 2, 1_000_000)]))
  for (const result of await Promise.allSettled(puts)) {
    expect(result.status === "rejected" ? result.reason : "stored").toBeInstanceOf(StorageError)
  }
  await expect(store.put([note(99)])).rejects.toThrow(StorageError)
  await expect(store.remove([note(1).id])).rejects.toThrow(StorageError)
  await expect(store.query({}, { limit: 1 })).rejects.toThrow(StorageError)
  await expect(following).rejects.toThrow(StorageError)
  await store[Symbol.asyncDispose]()
  await using again = await openSqliteStore({ path: join(folder.path, "records.db"), now })
  expect(await again.lastSequence()).toBe(1)
})

test("a writer that does not start is said", async () => {
  await using folder = await temporaryFolder()
  await expect(withWriter(folder.path, "process.exit(1)")).rejects.toThrow(StorageError)
  await expect(withWriter(folder.path, "import 'no-such-thing'")).rejects.toThrow(/did not start/)
})

test("what exceeds the queue waits for its turn, in order, and the memory under way stays bounded", async () => {
  await using folder = await temporaryFolder()
  // This writer takes nothing for a while; it ends when it was handed too much meanwhile, or too little to keep a disk busy.
  const store = await withWriter(
    folder.path,
    `let bytes = 0
     const held = []
     const on = parentPort.on.bind(parentPort)
     parentPort.on = (name, take) => on(name, (request) => {
       if (name !== "message" || request.ask !== "put" || held.isOver) return take(request)
       bytes += request.rows.data.length
       held.push(request)
       if (held.length > 1) return
       setTimeout(() => {
         held.isOver = true
         if (bytes > 17_000_000 || bytes < 10_000_000) process.exit(9)
         for (const each of held) take(each)
       }, 500)
     })
     await import(${real})`,
  )
  const outcomes = await Promise.all(Array.from({ length: 60 }, async (_, index) => await store.put([note(index, 1_000_000)])))
  expect(outcomes.map(([first]) => (first?.outcome === "stored" ? first.sequence : 0))).toEqual(
    Array.from({ length: 60 }, (_, index) => index + 1),
  )
  await store[Symbol.asyncDispose]()
})
