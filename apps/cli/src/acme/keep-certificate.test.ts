import { type X509Certificate } from "node:crypto"
import { readFileSync } from "node:fs"
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { connect as connectTls, getCACertificates, setDefaultCACertificates } from "node:tls"
import { parseSecretKey, publicKeyOf, timestampFromUnixMillis } from "@tessera/mosaic"
import { createServer, openMemoryStore, rolesPolicy } from "@tessera/mosaic-server"
import { type WebSocketListener, listenWebSocket } from "@tessera/mosaic-server/websocket"
import { expect, onTestFinished, test } from "vitest"
import { readCertificate } from "./certificate-store.ts"
import type { CertificateEvent } from "./certificate-event.ts"
import { usableFiles } from "./certificate-life.ts"
import { type KeepCertificateOptions, keepCertificate } from "./keep-certificate.ts"
import { Pebble, PEBBLE_CA_FILE, freePort } from "./pebble.test-suite.ts"

setDefaultCACertificates([...getCACertificates(), readFileSync(PEBBLE_CA_FILE, "utf8")])

const secretKey = parseSecretKey(new Uint8Array(32).fill(200))
const hostname = "localhost"

async function folderOfTest(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tessera-acme-"))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function listen(port = 0): Promise<WebSocketListener> {
  const now = () => timestampFromUnixMillis(Date.now())
  const store = openMemoryStore({ now })
  const policy = rolesPolicy({ roles: new Set(["outbox"]), members: "everybody" })
  const server = createServer({ store, serverKey: publicKeyOf(secretKey), policy, now })
  const listener = await listenWebSocket({ server, secretKey, host: "::", port })
  onTestFinished(async () => {
    await server.close()
    await listener.close()
    await store[Symbol.asyncDispose]()
  })
  return listener
}

/** The certificate that people see. */
const seenAt = (port: number): Promise<X509Certificate> =>
  new Promise((resolve, reject) => {
    const socket = connectTls({ host: "127.0.0.1", port, servername: hostname, rejectUnauthorized: false }, () => {
      const certificate = socket.getPeerX509Certificate()
      socket.destroy()
      if (certificate === undefined) reject(new Error("no certificate"))
      else resolve(certificate)
    })
    socket.on("error", reject)
  })

class Keeping implements AsyncDisposable {
  readonly events: CertificateEvent[] = []
  readonly #keeper: AsyncDisposable
  #wake = (): void => {}

  constructor(options: Omit<KeepCertificateOptions, "hostname" | "onEvent" | "kept"> & Partial<KeepCertificateOptions>) {
    this.#keeper = keepCertificate({
      hostname,
      kept: undefined,
      ...options,
      onEvent: (event) => {
        this.events.push(event)
        this.#wake()
      },
    })
  }

  async next(type: CertificateEvent["type"]): Promise<CertificateEvent> {
    for (;;) {
      const event = this.events.shift()
      if (event?.type === type) return event
      if (event === undefined) await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#keeper[Symbol.asyncDispose]()
  }
}

test("a certificate is obtained through the port itself, kept for its owner alone, and renewed while the server runs", async () => {
  const folder = await folderOfTest()
  const listener = await listen()
  await using pebble = await Pebble.start({ tlsPort: listener.port, seconds: 9 })
  const { directory } = pebble
  const before = await seenAt(listener.port)
  expect(before.publicKey.asymmetricKeyType).toBe("ed25519")
  await using keeping = new Keeping({ folder, directory, listeners: [listener], retryMs: 100, email: "ann@example.org" })
  const obtained = await keeping.next("obtained")
  const first = await seenAt(listener.port)
  expect([first.checkHost(hostname), first.publicKey.asymmetricKeyType]).toEqual([hostname, "ec"])
  const kept = await readCertificate(folder, { hostname, directory })
  expect(kept?.cert).toContain(first.toString().trim())
  expect((await stat(join(folder, "acme.json"))).mode & 0o777).toBe(0o600)

  const again = await keeping.next("obtained")
  const second = await seenAt(listener.port)
  expect(second.serialNumber).not.toBe(first.serialNumber)
  expect(second.publicKey.equals(first.publicKey)).toBe(false)
  // Renewed in time, and by the same account.
  if (obtained.type !== "obtained" || again.type !== "obtained") throw new Error("not obtained")
  expect(again.until).toBeGreaterThan(obtained.until)
  expect(second.validFromDate.getTime()).toBeLessThan(obtained.until)
  expect((await readCertificate(folder, { hostname, directory }))?.account).toEqual(kept?.account)
})

test("while the authority is away, or cannot reach the server, everything stays as it is, and it is tried again", async () => {
  const folder = await folderOfTest()
  const listener = await listen()
  const port = await freePort()
  const before = await seenAt(listener.port)
  await using keeping = new Keeping({ folder, directory: `https://127.0.0.1:${port}/dir`, listeners: [listener], retryMs: 300 })
  const first = await keeping.next("failed")
  expect(first).toMatchObject({ reason: expect.stringMatching(/^the authority cannot be reached: .*ECONNREFUSED/) })
  expect((await seenAt(listener.port)).raw).toEqual(before.raw)
  await using _pebble = await Pebble.start({ tlsPort: listener.port, port })
  await keeping.next("obtained")
  expect((await seenAt(listener.port)).raw).not.toEqual(before.raw)

  await using wrong = await Pebble.start({ tlsPort: await freePort() })
  await using refused = new Keeping({ folder, directory: wrong.directory, listeners: [await listen()] })
  expect(await refused.next("failed")).toMatchObject({ reason: expect.stringMatching(/^the authority refuses: .*connect/) })
})

test("a kept certificate is used again, for its host and authority alone, and a spoilt file is as none", async () => {
  const folder = await folderOfTest()
  const listener = await listen()
  await using pebble = await Pebble.start({ tlsPort: listener.port })
  const owner = { hostname, directory: pebble.directory }
  {
    await using keeping = new Keeping({ folder, directory: pebble.directory, listeners: [listener] })
    await keeping.next("obtained")
  }
  const kept = await readCertificate(folder, owner)
  if (kept === undefined) throw new Error("not kept")
  const now = () => Date.now() + 0.7 * 86_400_000
  expect(usableFiles(kept, hostname)).toEqual({ cert: kept.cert, key: kept.key })
  expect(usableFiles(kept, "example.org")).toBeUndefined()
  expect(await readCertificate(folder, { ...owner, hostname: "example.org" })).toBeUndefined()
  expect(await readCertificate(folder, { ...owner, directory: "https://example.org/" })).toBeUndefined()
  {
    // Two thirds of its life are to come: nobody is asked.
    await using keeping = new Keeping({ folder, directory: pebble.directory, listeners: [listener], kept })
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(keeping.events).toEqual([])
  }
  {
    // Now they have passed.
    await using keeping = new Keeping({ folder, directory: pebble.directory, listeners: [listener], kept, now })
    await keeping.next("obtained")
  }
  {
    // An authority that has forgotten the account: in the end there is a new one.
    const unknown = { ...kept, account: { key: kept.account.key, url: `${pebble.directory}/nobody` } }
    await using keeping = new Keeping({ folder, directory: pebble.directory, listeners: [listener], kept: unknown, now, retryMs: 10 })
    await keeping.next("failed")
    await keeping.next("obtained")
    expect((await readCertificate(folder, owner))?.account.url).not.toBe(unknown.account.url)
  }
  const text = await readFile(join(folder, "acme.json"), "utf8")
  for (const spoilt of ["", "{}", "[]", "null", text.slice(0, 500), text.replace('"version": 1', '"version": 2')]) {
    await writeFile(join(folder, "acme.json"), spoilt)
    expect(await readCertificate(folder, owner), spoilt.slice(0, 20)).toBeUndefined()
  }
  await writeFile(join(folder, "acme.json"), text.replace("-----BEGIN CERTIFICATE-----", "-----BEGIN NONSENSE-----"))
  expect(usableFiles(await readCertificate(folder, owner), hostname)).toBeUndefined()
})

test("it ends at once, even while an authority says nothing", async () => {
  const folder = await folderOfTest()
  const listener = await listen()
  const { createServer: createTcp } = await import("node:net")
  const silent = createTcp().listen(0, "127.0.0.1")
  onTestFinished(() => void silent.close())
  await new Promise((resolve) => silent.once("listening", resolve))
  const { port } = silent.address() as { port: number }
  const keeping = new Keeping({ folder, directory: `https://127.0.0.1:${port}/dir`, listeners: [listener] })
  await new Promise((resolve) => silent.once("connection", resolve))
  const start = performance.now()
  await keeping[Symbol.asyncDispose]()
  expect(performance.now() - start).toBeLessThan(1_000)
  expect(keeping.events).toEqual([])
})
