import { connect } from "node:net"
import { readFileSync } from "node:fs"
import { readdir } from "node:fs/promises"
import { join } from "node:path"
import { type MosaicConnection, connect as connectMosaic } from "@tessera/mosaic-client"
import { dialTcp } from "@tessera/mosaic-client/tcp"
import { dialWebSocket } from "@tessera/mosaic-client/websocket"
import { hashBlob, parseRecord, parseServerKey, RESULT } from "@tessera/mosaic"
import { expect, test } from "vitest"
import { Folder, RunningTessera, tessera } from "./tessera.ts"

const vectors = JSON.parse(readFileSync(new URL("../../vectors/records.json", import.meta.url), "utf8")) as readonly {
  hex: string
  valid: boolean
  name: string
}[]

const openServer = (folder: string) =>
  RunningTessera.start([
    "serve",
    "--data",
    folder,
    "--listen",
    "mosaictcp://127.0.0.1:0",
    "--role",
    "outbox",
    "--role",
    "inbox",
    "--role",
    "encryption",
    "--open",
    "--json",
  ])

function addressOf(server: RunningTessera): { host: string; port: number } {
  const [url] = server.ready["urls"] as string[]
  const { hostname, port } = new URL(url ?? "")
  return { host: hostname, port: Number(port) }
}

test("a server takes a record, ends cleanly, and serves it again from the same folder under the same key", async () => {
  await using folder = await Folder.make()
  const signal = AbortSignal.timeout(30_000)
  const ordinary = vectors.find(({ name }) => name === "ordinary")
  const record = parseRecord(Buffer.from(ordinary?.hex ?? "", "hex")).verify()

  const first = await openServer(folder.path)
  const serverKey = parseServerKey(String(first.ready["serverKey"]))
  {
    await using connection = await connectMosaic(await dialTcp({ ...addressOf(first), serverKey, signal }), { signal })
    const { code } = await connection.submit(record, { signal })
    expect(code).toBe(RESULT.ACCEPTED)
  }
  expect((await first.end()).code).toBe(0)

  await using second = await openServer(folder.path)
  expect(second.ready["serverKey"]).toBe(first.ready["serverKey"])
  await using connection = await connectMosaic(await dialTcp({ ...addressOf(second), serverKey, signal }), { signal })
  const got = await Array.fromAsync(connection.get([record.id], { signal }))
  expect(got.map(({ id }) => Buffer.from(id).toString("hex"))).toEqual([Buffer.from(record.id).toString("hex")])
})

test("two servers on one folder: the second says so and ends", async () => {
  await using folder = await Folder.make()
  await using _first = await openServer(folder.path)
  const second = await tessera(["serve", "--data", folder.path, "--listen", "mosaictcp://127.0.0.1:0", "--open", "--json"])
  expect(second.code).toBe(1)
  expect(second.stderr).toMatch(/already running on this folder/)
})

test("a port that is taken, wrong words and wrong keys get a sentence", async () => {
  await using folder = await Folder.make()
  await using first = await openServer(folder.join("one"))
  const { port } = addressOf(first)
  const taken = await tessera(["serve", "--data", folder.join("two"), "--listen", `mosaictcp://127.0.0.1:${port}`, "--open"])
  expect([taken.code, taken.stderr]).toEqual([1, "tessera serve: another program already listens at this address.\n"])
  for (const words of [
    ["serve", "--open"],
    ["serve", "--data", folder.join("x")],
    ["serve", "--data", folder.join("x"), "--member", "mopub0nonsense"],
    ["serve", "--data", folder.join("x"), "--open", "--role", "butler"],
    ["serve", "--data", folder.join("x"), "--open", "--listen", "http://127.0.0.1"],
  ]) {
    expect((await tessera(words)).code, words.join(" ")).toBe(2)
  }
})

test("garbage on the port leaves the server alive", async () => {
  await using folder = await Folder.make()
  await using server = await openServer(folder.path)
  const address = addressOf(server)
  await new Promise<void>((resolve) => {
    const socket = connect(address, () => socket.write(Buffer.alloc(100_000, 0x41)))
    socket.on("error", () => {})
    socket.on("close", () => resolve())
  })
  const signal = AbortSignal.timeout(10_000)
  const serverKey = parseServerKey(String(server.ready["serverKey"]))
  await using connection = await connectMosaic(await dialTcp({ ...address, serverKey, signal }), { signal })
  expect(await Array.fromAsync(connection.query({}, { limit: 1, signal }))).toEqual([])
})

test("a server is reached over WebSocket beside TCP, with a certificate of its own or behind a proxy", async () => {
  await using folder = await Folder.make()
  const signal = AbortSignal.timeout(30_000)
  const words = ["--listen", "mosaictcp://127.0.0.1:0", "--listen", "mosaicwss://127.0.0.1:0", "--open", "--json"]
  for (const [name, more, scheme] of [
    ["own", [], "wss"],
    ["proxy", ["--behind-proxy", "--service-url", "https://example.org/join"], "ws"],
  ] as const) {
    await using server = await RunningTessera.start(["serve", "--data", folder.join(name), ...words, ...more])
    const [tcp, wss] = server.ready["urls"] as string[]
    expect([tcp, wss]).toEqual([
      expect.stringMatching(/^mosaictcp:\/\/127\.0\.0\.1:\d+$/),
      expect.stringMatching(/^mosaicwss:\/\/127\.0\.0\.1:\d+$/),
    ])
    const serverKey = parseServerKey(String(server.ready["serverKey"]))
    const url = `${scheme}://${new URL(wss ?? "").host}/`
    await using connection = await connectMosaic(await dialWebSocket({ url, serverKey, signal }), { signal })
    const ordinary = vectors.find((vector) => vector.name === "ordinary")
    expect(await connection.submit(parseRecord(Buffer.from(ordinary?.hex ?? "", "hex")).verify(), { signal })).toEqual({
      code: RESULT.ACCEPTED,
    })
  }
  for (const wrong of [
    ["--tls-cert", "x"],
    ["--listen", "mosaictcp://127.0.0.1:0", "--acme", "example.org"],
    ["--service-url", "nonsense"],
    ["--listen", "mosaic://127.0.0.1:0"],
  ]) {
    expect((await tessera(["serve", "--data", folder.join("x"), "--open", ...wrong])).code, wrong.join(" ")).toBe(2)
  }
})

test("a server takes blobs up to its limit and budget, seals them, and has them again when it starts again", async () => {
  await using folder = await Folder.make()
  const signal = AbortSignal.timeout(30_000)
  const start = () =>
    RunningTessera.start(
      ["serve", "--data", folder.path, "--listen", "mosaictcp://127.0.0.1:0", "--open", "--json", "--blob-limit", "300000"].concat(
        "--blob-budget",
        "500000",
      ),
    )
  const content = Buffer.from("the-marker-that-nobody-may-find ".repeat(8_000))
  const hash = await hashBlob(content)
  const submit = async (connection: MosaicConnection, bytes: Uint8Array) =>
    (await connection.submitBlob({ hash: await hashBlob(bytes), length: bytes.length, content: [bytes] }, { signal })).code
  const first = await start()
  const serverKey = parseServerKey(String(first.ready["serverKey"]))
  {
    await using connection = await connectMosaic(await dialTcp({ ...addressOf(first), serverKey, signal }), { signal })
    expect(await submit(connection, content)).toBe(RESULT.ACCEPTED)
    expect(await submit(connection, Buffer.alloc(300_001))).toBe(RESULT.TOO_LARGE)
    expect(await submit(connection, Buffer.alloc(299_000))).toBe(RESULT.TEMPORARY_ERROR)
  }
  expect((await first.end()).code).toBe(0)
  const files = (await readdir(folder.join("blobs"), { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
  expect(files).toHaveLength(1)
  for (const { parentPath, name } of files) expect(readFileSync(join(parentPath, name)).includes("marker")).toBe(false)
  await using second = await start()
  await using connection = await connectMosaic(await dialTcp({ ...addressOf(second), serverKey, signal }), { signal })
  const got = await Array.fromAsync(connection.getBlob(hash, { signal }))
  expect(Buffer.concat(got).equals(content)).toBe(true)
  expect((await tessera(["serve", "--data", folder.join("x"), "--open", "--blob-limit", "many"])).code).toBe(2)
})
