import { randomBytes } from "node:crypto"
import { formatSecretKey, formatServerKey, formatUserKey, parseSecretKey, publicKeyOf } from "@tessera/mosaic"
import { expect, test } from "vitest"
import { Folder, RunningTessera, tessera } from "./tessera.ts"

const LISTEN = ["--listen", "mosaictcp://127.0.0.1:0", "--listen", "mosaicwss://127.0.0.1:0"]

interface Told {
  readonly code: string
  readonly judgement: string
  readonly facts?: Readonly<Record<string, unknown>>
}

async function doctor(words: readonly string[]): Promise<{ readonly code: number | null; readonly found: readonly Told[] }> {
  const { code, stdout, stderr } = await tessera(["doctor", ...words, "--json"])
  expect(stderr).toBe("")
  return {
    code,
    found: stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Told),
  }
}

test("a server of members is looked at, in words and in JSON, as a stranger and as a member", async () => {
  await using folder = await Folder.make()
  const secret = parseSecretKey(randomBytes(32))
  const member = formatUserKey(publicKeyOf(secret))
  const file = await folder.file("member", formatSecretKey(secret))
  await using server = await RunningTessera.start(["serve", "--data", folder.join("data"), ...LISTEN, "--member", member, "--json"])
  const [tcp = "", webSocket = ""] = server.ready["urls"] as string[]
  const serverKey = String(server.ready["serverKey"])

  const words = await tessera(["doctor", webSocket, "--server", tcp, "--server-key", serverKey])
  expect([words.code, words.stderr]).toEqual([0, ""])
  expect(words.stdout).toContain(`${webSocket}\n  note   It can be reached from its own network or machine alone.`)
  expect(words.stdout).toContain("  ?      The DHT was not asked (--dht)")
  expect(words.stdout).toMatch(/\n\d+ well, \d+ to know, 0 wrong, \d+ cannot be told\n$/)

  const own = await doctor([tcp, "--as", file])
  expect(own.code).toBe(0)
  expect(own.found.map(({ code }) => code)).toEqual(
    expect.arrayContaining(["reached", "inbox", "encryption", "outbox", "clock-right", "member-records", "host-also-sees"]),
  )
  const other = await doctor([tcp, "--server-key", formatServerKey(publicKeyOf(secret))])
  expect([other.code, other.found.filter(({ judgement }) => judgement === "wrong").map(({ code }) => code)]).toEqual([
    1,
    ["wrong-key", "unusable"],
  ])

  const person = await doctor([member, "--server", tcp])
  expect(person.found.map(({ code }) => code)).toContain("schedule-missing")
  // A DHT that does not answer is no fault of the server's.
  const asked = await doctor([tcp, "--dht-bootstrap", "127.0.0.1:1"])
  expect([asked.code, asked.found.map(({ code }) => code).includes("dht-unreached")]).toEqual([0, true])
})

test("wrong words get a sentence, and the network is not asked without leave", async () => {
  const key = publicKeyOf(parseSecretKey(randomBytes(32)))
  for (const words of [
    [],
    ["http://example.org"],
    [formatServerKey(key)],
    [formatUserKey(key)],
    [formatUserKey(key), "--server", "mosaictcp://127.0.0.1:1", "--member", formatUserKey(key)],
    ["mosaictcp://127.0.0.1:1", "--server-key", "nobody"],
    ["mosaictcp://127.0.0.1:1", "--timeout", "0"],
    ["mosaictcp://127.0.0.1:1", "--dht-bootstrap", "here"],
  ]) {
    expect((await tessera(["doctor", ...words])).code, words.join(" ")).toBe(2)
  }
})
