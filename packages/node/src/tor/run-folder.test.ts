import { mkdir, mkdtemp, readdir, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { isSocketPath, makeRunFolder, removeOldRuns } from "./run-folder.ts"

let folder = ""
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tessera-run-"))
})
afterEach(async () => rm(folder, { recursive: true }))

test("each run has a folder of its own, for this user alone", async () => {
  const [first, second] = [await makeRunFolder(folder), await makeRunFolder(folder)]
  expect(first).not.toBe(second)
  for (const path of [first, second]) {
    expect(path.startsWith(folder)).toBe(true)
    expect((await stat(path)).mode & 0o777).toBe(0o700)
  }
  await mkdir(join(folder, "data"))
  await removeOldRuns(folder)
  expect(await readdir(folder)).toEqual(["data"])
})

test("where the path is too long or odd for a socket, the folder lies elsewhere", async () => {
  for (const name of ["with space", "x".repeat(100), 'quo"te', "späße"]) {
    const odd = join(folder, name)
    await mkdir(odd)
    const path = await makeRunFolder(odd)
    expect(isSocketPath(join(path, "control"))).toBe(true)
    expect((await stat(path)).mode & 0o777).toBe(0o700)
    await rm(path, { recursive: true })
  }
})
