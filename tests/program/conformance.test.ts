import { randomBytes } from "node:crypto"
import { formatSecretKey, formatUserKey, parseSecretKey, publicKeyOf } from "@tessera/mosaic"
import type { RuleResult } from "@tessera/mosaic-conformance"
import { expect, test } from "vitest"
import { Folder, RunningTessera, tessera } from "./tessera.ts"

const LISTEN = { tcp: "mosaictcp://127.0.0.1:0", websocket: "mosaicwss://127.0.0.1:0" } as const

/** Every rule, tried with a server by the program itself. */
async function conformance(
  server: RunningTessera,
  words: readonly string[] = [],
  scheme = "mosaic",
): Promise<{ code: number | null; results: RuleResult[] }> {
  const url = (server.ready["urls"] as string[]).find((each) => each.startsWith(scheme)) ?? ""
  const { code, stdout, stderr } = await tessera([
    "conformance",
    url,
    "--server-key",
    String(server.ready["serverKey"]),
    "--json",
    ...words,
  ])
  expect(stderr).toBe("")
  return {
    code,
    results: stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as RuleResult),
  }
}

const broken = (results: readonly RuleResult[]): RuleResult[] => results.filter(({ outcome }) => outcome !== "ok" && outcome !== "skipped")
const skipped = (results: readonly RuleResult[]): string[] => results.filter(({ outcome }) => outcome === "skipped").map(({ id }) => id)

test.each(Object.entries(LISTEN))("an open server keeps every rule over %s", async (transport, listen) => {
  await using folder = await Folder.make()
  await using server = await RunningTessera.start(["serve", "--data", folder.path, "--listen", listen, "--open", "--json"])
  const { code, results } = await conformance(server)
  expect(broken(results)).toEqual([])
  expect(code).toBe(0)
  const ofTransport = transport === "tcp" ? [] : ["websocket-certificate", "websocket-service-url"]
  expect(skipped(results)).toEqual([...ofTransport, "encryption-not-even-author", "strangers-refused", "blob-stranger", "dht-put-stranger"])
  expect(results.length).toBeGreaterThan(150)
})

test("a server of members keeps every rule, for its members and against strangers", async () => {
  await using folder = await Folder.make()
  const secret = parseSecretKey(randomBytes(32))
  const file = await folder.file("member", formatSecretKey(secret))
  const member = ["--member", formatUserKey(publicKeyOf(secret))]
  const roles = ["outbox", "inbox", "encryption"].flatMap((role) => ["--role", role])
  const listen = Object.values(LISTEN).flatMap((url) => ["--listen", url])
  const serving = ["serve", "--data", folder.join("data"), ...listen, ...member, "--service-url", "https://example.org/join", "--json"]
  await using server = await RunningTessera.start(serving)
  const { code, results } = await conformance(server, ["--member-secret", file, ...roles])
  expect(broken(results)).toEqual([])
  expect(code).toBe(0)
  expect(skipped(results)).toEqual(["subkey-reads", "from-author-device"])

  // Without the key what needs it is not tried, and nothing else is wrong.
  const without = await conformance(server, ["--only", "messages"])
  expect(broken(without.results)).toEqual([])
  expect(skipped(without.results)).toContain("query-newest-first")

  // Members prove their keys over WebSocket as well.
  for (const [only, none] of [
    ["network", []],
    ["websockets", ["websocket-certificate"]],
  ] as const) {
    const there = await conformance(server, ["--member-secret", file, ...roles, "--only", only], "mosaicwss:")
    expect(broken(there.results)).toEqual([])
    expect(skipped(there.results)).toEqual(none)
  }
})

test("wrong words and a server that is not there get a sentence", async () => {
  for (const words of [
    ["conformance"],
    ["conformance", "http://example.org"],
    ["conformance", "mosaictcp://127.0.0.1:1", "--role", "king"],
    ["conformance", "mosaictcp://127.0.0.1:1", "--only", "nothing"],
  ]) {
    expect((await tessera(words)).code, words.join(" ")).toBe(2)
  }
  const { code, stdout } = await tessera(["conformance", "mosaictcp://127.0.0.1:1", "--only", "tcp#tls", "--json"])
  expect(code).toBe(1)
  expect(stdout).toContain("no TLS connection")
})
