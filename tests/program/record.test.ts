import { readFileSync } from "node:fs"
import { expect, test } from "vitest"
import { Folder, tessera } from "./tessera.ts"

interface RecordVector {
  readonly name: string
  readonly hex: string
  readonly valid: boolean
  readonly reason: string
}
const vectors = JSON.parse(readFileSync(new URL("../../vectors/records.json", import.meta.url), "utf8")) as readonly RecordVector[]

function vector(name: string): RecordVector {
  const found = vectors.find((each) => each.name === name)
  if (found === undefined) throw new Error(`no vector "${name}"`)
  return found
}

test("record inspect reads a binary file, a hex file and standard input alike", async () => {
  await using folder = await Folder.make()
  const { hex } = vector("ordinary")
  const binary = await tessera(["record", "inspect", "--json", await folder.file("record.bin", Buffer.from(hex, "hex"))])
  const text = await tessera(["record", "inspect", "--json", await folder.file("record.hex", `${hex}\n`)])
  const piped = await tessera(["record", "inspect", "--json", "-"], hex)
  expect(binary.code).toBe(0)
  expect(JSON.parse(binary.stdout)).toMatchObject({ valid: true, length: hex.length / 2 })
  expect(text.stdout).toBe(binary.stdout)
  expect(piped.stdout).toBe(binary.stdout)
})

test("record inspect says why a record is not valid, with exit code 1", async () => {
  const result = await tessera(["record", "inspect", "--json", "-"], Buffer.from(vector('context "mosaic"').hex, "hex"))
  expect(result.code).toBe(1)
  expect(JSON.parse(result.stdout)).toEqual({ valid: false, reason: "signature" })
})

test("record inspect gives one JSON line for each of many records, judged as the vectors say", async () => {
  const long = vectors.filter(({ hex }) => hex.length > 0)
  const result = await tessera(["record", "inspect", "--json", "-"], long.map(({ hex }) => hex).join("\n"))
  const lines = result.stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { valid: boolean; reason?: string })
  expect(lines.map(({ valid, reason }) => [valid, reason ?? "valid"])).toEqual(long.map(({ valid, reason }) => [valid, reason]))
  expect(result.code).toBe(1)
})

test("record verify, an empty input, no file, wrong words", async () => {
  const valid = await tessera(["record", "verify", "-"], vector("ordinary").hex)
  expect([valid.code, valid.stdout]).toEqual([0, "valid\n"])
  const empty = await tessera(["record", "inspect", "--json", "-"])
  expect([empty.code, JSON.parse(empty.stdout)]).toEqual([1, { valid: false, reason: "length" }])
  const missing = await tessera(["record", "inspect", "/nowhere/at/all"])
  expect([missing.code, missing.stderr]).toEqual([1, "tessera record: /nowhere/at/all cannot be read: it is not there.\n"])
  expect((await tessera(["record", "look"])).code).toBe(2)
  expect((await tessera(["record", "inspect", "--nonsense", "-"])).code).toBe(2)
})

test("record inspect refuses what is longer than any record by its length", async () => {
  const binary = await tessera(["record", "inspect", "--json", "-"], new Uint8Array(3_000_000))
  expect(binary.code).toBe(1)
  expect(JSON.parse(binary.stdout)).toMatchObject({ code: "tooLarge" })
  const line = await tessera(["record", "inspect", "--json", "-"], `${"ab".repeat(1_500_000)}\n${vector("ordinary").hex}\n`)
  const lines = line.stdout
    .trimEnd()
    .split("\n")
    .map((each) => JSON.parse(each) as { valid: boolean })
  expect(lines.map(({ valid }) => valid)).toEqual([false, true])
})
