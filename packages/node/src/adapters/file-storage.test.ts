import { spawn } from "node:child_process"
import { once } from "node:events"
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { timestampFromUnixMillis } from "@tessera/mosaic"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { createPerson } from "../keys/keys.ts"
import { AlreadyRunningError } from "../ports.ts"
import type { Storage } from "../ports.ts"
import { openStateStore } from "../state/state.ts"
import { CHEAP, quickClock } from "../vault/testing.ts"
import { openVault } from "../vault/vault.ts"
import { openFileStorage } from "./file-storage.ts"
import { systemClock } from "./system-clock.ts"
import { systemRandom } from "./system-random.ts"

let folder: string
let storage: Storage
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), "tessera-")), "data")
  storage = openFileStorage(folder, { clock: systemClock })
})
afterEach(() => rm(join(folder, ".."), { recursive: true, force: true }))

const modeOf = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8)

describe("the data folder", () => {
  test("is made when it is locked, not before, and closed to others with all that is in it", async () => {
    expect(await storage.readVault()).toBeUndefined()
    await expect(stat(folder)).rejects.toThrow("ENOENT")
    await using _lock = await storage.lock()
    await storage.writeVault(Uint8Array.of(1, 2, 3))
    const records = await storage.openRecords(systemRandom(32))
    const index = storage.openIndex(systemRandom(32))
    index.exec("CREATE TABLE a (b); INSERT INTO a VALUES (1)")
    expect(await records.lastSequence()).toBe(0)
    expect(await modeOf(folder)).toBe("700")
    const names = await readdir(folder)
    expect(names).toEqual(expect.arrayContaining(["vault.json", "lock", "records.db", "index.db"]))
    for (const name of names) expect(`${name} ${await modeOf(join(folder, name))}`).toBe(`${name} 600`)
    index.close()
    await records[Symbol.asyncDispose]()
    expect(await storage.readVault()).toEqual(Uint8Array.of(1, 2, 3))
  })

  test("of an earlier run is closed again, but a folder with other things in it keeps its permissions", async () => {
    await mkdir(folder, { mode: 0o755 })
    await (await storage.lock())[Symbol.asyncDispose]()
    expect(await modeOf(folder)).toBe("700")
    await chmod(folder, 0o755)
    await rm(join(folder, "lock"))
    await writeFile(join(folder, "holiday.jpg"), "x")
    await (await storage.lock())[Symbol.asyncDispose]()
    expect(await modeOf(folder)).toBe("755")
    await storage.writeVault(Uint8Array.of(1))
    await (await storage.lock())[Symbol.asyncDispose]()
    expect(await modeOf(folder)).toBe("700")
  })

  test("of a newer version is refused untouched", async () => {
    await mkdir(folder, { mode: 0o755 })
    const vault = JSON.stringify({ format: "tessera vault", version: 2, more: "things" })
    await writeFile(join(folder, "vault.json"), vault)
    await expect(storage.lock()).rejects.toMatchObject({ code: "newerVersion" })
    expect(await readdir(folder)).toEqual(["vault.json"])
    expect(await readFile(join(folder, "vault.json"), "utf8")).toBe(vault)
    expect(await modeOf(folder)).toBe("755")
  })

  test("that is no folder, or cannot be made, is a sentence", async () => {
    await writeFile(folder, "a file")
    await expect(storage.lock()).rejects.toMatchObject({
      name: "StorageError",
      message: expect.stringContaining("is not a folder") as unknown,
    })
    await expect(openFileStorage("/dev/null/x", { clock: systemClock }).lock()).rejects.toMatchObject({ name: "StorageError" })
  })

  test("with a folder where the vault should be is a sentence", async () => {
    await mkdir(join(folder, "vault.json"), { recursive: true })
    await expect(storage.readVault()).rejects.toMatchObject({
      name: "StorageError",
      message: expect.stringContaining("is a folder where a file should be") as unknown,
    })
  })

  test("with a vault that is far too long is refused by its length", async () => {
    await mkdir(folder)
    await writeFile(join(folder, "vault.json"), Buffer.alloc(5_000_000, 0x20))
    const vault = openVault({ storage, clock: quickClock(), random: systemRandom, kdf: CHEAP })
    await expect(vault.stage()).rejects.toMatchObject({
      code: "malformed",
      message: expect.stringContaining("larger than any vault") as unknown,
    })
  })
})

describe("the lock", () => {
  test("lets one node in at a time", async () => {
    const lock = await storage.lock()
    await expect(openFileStorage(folder, { clock: systemClock }).lock()).rejects.toThrow(AlreadyRunningError)
    await expect(openFileStorage(folder, { clock: systemClock }).lock()).rejects.toThrow(/already running on this folder/)
    await lock[Symbol.asyncDispose]()
    await (await openFileStorage(folder, { clock: systemClock }).lock())[Symbol.asyncDispose]()
  })

  test("is held against other processes, and let go when they are killed", async () => {
    const script = `
      import { openFileStorage } from ${JSON.stringify(fileURLToPath(new URL("./file-storage.ts", import.meta.url)))}
      import { systemClock } from ${JSON.stringify(fileURLToPath(new URL("./system-clock.ts", import.meta.url)))}
      try { await openFileStorage(${JSON.stringify(folder)}, { clock: systemClock }).lock(); console.log("locked"); setInterval(() => {}, 1000) }
      catch (error) { console.log(error.name); process.exit(3) }`
    const start = async (): Promise<{ child: ReturnType<typeof spawn>; said: string }> => {
      const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] })
      const [said] = (await once(child.stdout ?? child, "data")) as [Buffer]
      return { child, said: said.toString().trim() }
    }
    const first = await start()
    expect(first.said).toBe("locked")
    expect((await start()).said).toBe("AlreadyRunningError")
    await expect(storage.lock()).rejects.toThrow(AlreadyRunningError)
    first.child.kill("SIGKILL")
    await once(first.child, "exit")
    await (await storage.lock())[Symbol.asyncDispose]()
  })

  test("survives rubbish in its file", async () => {
    await mkdir(folder)
    await writeFile(join(folder, "lock"), "rubbish ".repeat(1_000))
    await using _lock = await storage.lock()
    await expect(openFileStorage(folder, { clock: systemClock }).lock()).rejects.toThrow(AlreadyRunningError)
  })
})

describe("the index", () => {
  test("keeps what is in it, and is begun anew when its key or its bytes are wrong", async () => {
    await using _lock = await storage.lock()
    const key = systemRandom(32)
    const count = (database: ReturnType<Storage["openIndex"]>): unknown => database.prepare("SELECT count(*) AS n FROM sqlite_schema").get()
    const first = storage.openIndex(key)
    first.exec("CREATE TABLE a (b)")
    first.close()
    const again = storage.openIndex(key)
    expect(count(again)).toEqual({ n: 1 })
    again.close()
    const other = storage.openIndex(systemRandom(32))
    expect(count(other)).toEqual({ n: 0 })
    other.close()
    await writeFile(join(folder, "index.db"), "rubbish ".repeat(3_000))
    const fresh = storage.openIndex(key)
    expect(count(fresh)).toEqual({ n: 0 })
    fresh.exec("CREATE TABLE a (b)")
    fresh.close()
    expect(() => storage.openIndex(new Uint8Array(31))).toThrow(RangeError)
  })
})

test("an index that is damaged in its middle is begun anew", async () => {
  await using _lock = await storage.lock()
  const key = systemRandom(32)
  const first = storage.openIndex(key)
  first.exec(
    "CREATE TABLE a (b); WITH n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) INSERT INTO a SELECT hex(zeroblob(100)) FROM n",
  )
  first.close()
  const path = join(folder, "index.db")
  const bytes = await readFile(path)
  for (let at = 5_000; at < bytes.length; at += 4_096) bytes[at] = (bytes[at] ?? 0) ^ 0x55
  await writeFile(path, bytes)
  const again = storage.openIndex(key)
  expect(again.prepare("SELECT count(*) AS n FROM sqlite_schema").get()).toEqual({ n: 0 })
  again.exec("CREATE TABLE a (b)")
  again.close()
})

test("no passphrase, no seed and nothing of personal state stands in any byte of the folder, during and after a run", async () => {
  const passphrase = "marker-passphrase-korrekt-pferd"
  const lock = await storage.lock()
  const person = createPerson({ random: systemRandom, now: timestampFromUnixMillis(Date.now()) })
  const vault = openVault({ storage, clock: systemClock, random: systemRandom, kdf: CHEAP })
  const unlocked = await vault.create({ passphrase, ...person })
  await unlocked.changePassphrase(passphrase, `${passphrase} two`)
  const records = await storage.openRecords(unlocked.keyFor("records"))
  const state = await openStateStore({ records, keys: unlocked.secrets, clock: systemClock, random: systemRandom })
  await state.set({ name: "petname", read: String }, "marker-key-of-ada", "marker-petname-ada")
  const index = storage.openIndex(unlocked.keyFor("index"))
  index.exec("CREATE TABLE t (marker_column TEXT); INSERT INTO t VALUES ('marker-in-the-index')")
  const seeds = [person.master, person.secrets.device, person.secrets.door, person.secrets.state, unlocked.keyFor("records")].map((bytes) =>
    Buffer.from(bytes),
  )
  const needles = [
    ...seeds.flatMap((seed) => [seed, Buffer.from(seed.toString("hex")), Buffer.from(seed.toString("base64url").slice(0, 40))]),
    Buffer.from("marker"),
  ]
  const search = async (): Promise<number> => {
    let searched = 0
    for (const name of await readdir(folder)) {
      // Opening and closing the lock's file would let go of the lock in this process; it is empty anyway.
      if (name === "lock") continue
      const bytes = await readFile(join(folder, name))
      searched += bytes.length
      for (const needle of needles) expect(`${name} ${bytes.includes(needle)}`).toBe(`${name} false`)
    }
    return searched
  }
  expect(await search()).toBeGreaterThan(10_000)
  index.close()
  await records[Symbol.asyncDispose]()
  unlocked[Symbol.dispose]()
  await lock[Symbol.asyncDispose]()
  expect(await search()).toBeGreaterThan(10_000)
  expect((await stat(join(folder, "lock"))).size).toBe(0)
})
