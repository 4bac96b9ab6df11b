import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { findTor } from "./find-tor.ts"
import { isAtLeast, parseTorVersion } from "./version.ts"

let folder = ""
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tessera-find-tor-"))
})
afterEach(async () => rm(folder, { recursive: true }))

async function program(name: string, prints: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, `#!/bin/sh\necho "${prints}"\n`, { mode: 0o755 })
  return path
}

test("a tor that is named is taken, and no other", async () => {
  const path = await program("mine", "Tor version 0.4.9.11.")
  expect(await findTor({ path })).toEqual({ ok: true, path, version: [0, 4, 9, 11] })
  expect(await findTor({ env: { TESSERA_TOR: path } })).toMatchObject({ ok: true, path })
  const missing = join(folder, "missing")
  expect(await findTor({ path: missing, builtFolder: folder })).toMatchObject({ ok: false, code: "does-not-run" })
})

test("our own build comes before the one on PATH", async () => {
  const built = await program("tor", "Tor version 0.5.0.1 (git-abc).")
  expect(await findTor({ builtFolder: folder, env: {} })).toMatchObject({ ok: true, path: built })
  expect(await findTor({ builtFolder: join(folder, "nothing"), env: { PATH: folder } })).toMatchObject({ ok: true, path: built })
})

test("an old one, and a program that is no tor, are refused in a sentence that says what to install", async () => {
  const old = await findTor({ path: await program("old", "Tor version 0.4.8.12.") })
  expect(old).toMatchObject({ ok: false, code: "too-old" })
  expect(old.ok ? "" : old.reason).toMatch(/old \(0\.4\.8\.12\)\. Please install tor 0\.4\.9\.5 or newer/u)
  expect(await findTor({ path: await program("other", "Hello") })).toMatchObject({ ok: false, code: "does-not-run" })
})

test("versions are compared by their numbers", () => {
  expect(parseTorVersion("Tor version 0.4.9.11.\nmore")).toEqual([0, 4, 9, 11])
  expect(parseTorVersion("Tor version 0.4.9")).toBeUndefined()
  expect(isAtLeast([0, 4, 9, 11], [0, 4, 9, 5])).toBe(true)
  expect(isAtLeast([0, 4, 9, 5], [0, 4, 9, 5])).toBe(true)
  expect(isAtLeast([0, 4, 8, 99], [0, 4, 9, 5])).toBe(false)
  expect(isAtLeast([1, 0, 0, 0], [0, 4, 9, 5])).toBe(true)
})
