import { type AddressInfo, type Server, createServer as createNetServer } from "node:net"
import { setTimeout as delay } from "node:timers/promises"
import { createServer as createTlsServer } from "node:tls"
import {
  type ByteChannel,
  type SecretKey,
  type VerifiedRecord,
  MICROBLOG_ROOT,
  RESULT,
  buildRecord,
  encodeUtf8,
  nonceFromTimestamp,
  parseSecretKey,
  parseTimestamp,
  publicKeyOf,
  selfSignedCertificate,
  timestampFromUnixMillis,
  toHex,
} from "@tessera/mosaic"
import { type MosaicServer, type RecordStore, createServer, openMemoryStore, rolesPolicy } from "@tessera/mosaic-server"
import { type TcpListener, listenTcp } from "@tessera/mosaic-server/tcp"
import { describe, expect, it } from "vitest"
import { connect } from "../connection/connection.ts"
import { realSleep } from "../connection/sleep.ts"
import { ConnectionClosedError } from "../errors.ts"
import { keepSubscribed } from "../keep-subscribed/keep-subscribed.ts"
import { WrongServerError, dialTcp } from "./tcp.ts"

const home = parseSecretKey(new Uint8Array(32).fill(200))
const ann = parseSecretKey(new Uint8Array(32).fill(1))
const serverKey = publicKeyOf(home)
const now = () => timestampFromUnixMillis(Date.now())
let written = 0n

function write(fromAuthor = false): VerifiedRecord {
  written += 1n
  const timestamp = parseTimestamp(now() + written)
  const parts = { author: publicKeyOf(ann), signer: ann, kind: MICROBLOG_ROOT, nonce: nonceFromTimestamp(timestamp), timestamp }
  return buildRecord({ ...parts, payload: encodeUtf8("a note"), fromAuthor })
}

/** A server on this machine that can be stopped and started again at the same port. */
class Home implements AsyncDisposable {
  readonly store: RecordStore = openMemoryStore({ now })
  readonly #host: string
  #running: { readonly server: MosaicServer; readonly listener: TcpListener } | undefined
  port = 0

  constructor(host = "127.0.0.1") {
    this.#host = host
  }

  async start(): Promise<this> {
    const policy = rolesPolicy({ roles: new Set(["outbox"]), members: "everybody" })
    const server = createServer({ store: this.store, serverKey, policy, now })
    const listener = await listenTcp({ server, secretKey: home, host: this.#host, port: this.port })
    this.port = listener.port
    this.#running = { server, listener }
    return this
  }

  /** With a word to those who are connected, or without. */
  async stop(isPolite = true): Promise<void> {
    if (isPolite) await this.#running?.server.close()
    await this.#running?.listener.close()
    await this.#running?.server.close()
    this.#running = undefined
  }

  dial(signal?: AbortSignal, clientKey?: SecretKey): Promise<ByteChannel> {
    return dialTcp({
      host: this.#host,
      port: this.port,
      serverKey,
      ...(signal === undefined ? {} : { signal }),
      ...(clientKey === undefined ? {} : { clientKey }),
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await this.store[Symbol.asyncDispose]()
  }
}

/** Somebody else who listens, TLS or not. */
async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return (server.address() as AddressInfo).port
}

const pem = (label: string, der: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(der).toString("base64")}\n-----END ${label}-----\n`

describe("dialTcp", () => {
  it.each(["127.0.0.1", "::1", "localhost"])("reaches a server at %s", async (host) => {
    await using server = await new Home(host).start()
    const channel = await server.dial()
    expect(channel.peerKey).toEqual(serverKey)
    await using connection = await connect(channel)
    expect(await connection.submit(write())).toEqual({ code: RESULT.ACCEPTED })
  })

  it("proves the client's key, when there is one", async () => {
    await using server = await new Home().start()
    for (const [key, code] of [
      [undefined, RESULT.REQUIRES_AUTHENTICATION],
      [home, RESULT.UNAUTHORIZED],
      [ann, RESULT.ACCEPTED],
    ] as const) {
      await using connection = await connect(await server.dial(undefined, key))
      expect(await connection.submit(write(true))).toEqual({ code })
    }
  })

  it("refuses another server than the one that is pinned", async () => {
    await using server = await new Home().start()
    const dialling = dialTcp({ host: "127.0.0.1", port: server.port, serverKey: publicKeyOf(ann) })
    await expect(dialling).rejects.toThrow(WrongServerError)
  })

  it("refuses a server certificate whose self-signature is broken, which TLS takes", async () => {
    const { certificate, privateKey } = selfSignedCertificate(home)
    for (const [isBroken, expected] of [
      [true, WrongServerError],
      [false, undefined],
    ] as const) {
      const bytes = certificate.slice()
      if (isBroken) bytes[bytes.length - 5] = (bytes.at(-5) ?? 0) ^ 1
      const tls = createTlsServer({ cert: pem("CERTIFICATE", bytes), key: pem("PRIVATE KEY", privateKey) })
      tls.on("tlsClientError", () => {})
      tls.on("secureConnection", (socket) => socket.on("error", () => {}))
      const port = await listening(tls)
      const dialling = dialTcp({ host: "127.0.0.1", port, serverKey })
      // The same server with a whole certificate is taken: it is the signature that counts.
      if (expected === undefined) await (await dialling).close()
      else await expect(dialling).rejects.toThrow(expected)
      tls.close()
    }
  })

  it("fails when nobody is there, or nobody answers, and can be given up", async () => {
    const silent = createNetServer((socket) => void socket.on("error", () => {}).resume())
    const port = await listening(silent)
    await expect(dialTcp({ host: "127.0.0.1", port, serverKey, timeoutMs: 50 })).rejects.toThrow("does not answer")
    await expect(dialTcp({ host: "127.0.0.1", port, serverKey, signal: AbortSignal.timeout(30) })).rejects.toThrow("timeout")
    await expect(dialTcp({ host: "127.0.0.1", port, serverKey, signal: AbortSignal.abort() })).rejects.toThrow("aborted")
    await new Promise((resolve) => silent.close(resolve))
    await expect(dialTcp({ host: "127.0.0.1", port, serverKey })).rejects.toThrow(ConnectionClosedError)
    const talkative = createNetServer((socket) => void socket.on("error", () => {}).end("HTTP/1.1 400 Bad Request\r\n\r\n"))
    await expect(dialTcp({ host: "127.0.0.1", port: await listening(talkative), serverKey })).rejects.toThrow(ConnectionClosedError)
    talkative.close()
  })

  it("leaves a channel alone when its signal aborts later", async () => {
    await using server = await new Home().start()
    const abort = new AbortController()
    await using connection = await connect(await server.dial(abort.signal))
    abort.abort()
    await connection.ping()
  })
})

describe("keepSubscribed over TCP", () => {
  it("lives through restarts of the server, polite ones and others: each record once", async () => {
    await using server = await new Home().start()
    const abort = new AbortController()
    const ids: string[] = []
    const states: string[] = []
    const reading = (async () => {
      const items = keepSubscribed({
        dial: (signal) => server.dial(signal),
        filter: { authors: [publicKeyOf(ann)] },
        // Time passes as it does, only waiting for the next attempt is cut short: half a second, doubling.
        sleep: (milliseconds, signal) => realSleep(Number.isInteger(Math.log2(milliseconds / 500)) ? 20 : milliseconds, signal),
        random: () => 0,
        now,
        signal: abort.signal,
        onState: ({ state }) => states.push(state),
      })
      for await (const item of items) if ("record" in item) ids.push(toHex(item.record.id))
    })()
    const expected: string[] = []
    const lives = (): number => states.filter((state) => state === "live").length
    let before = 0
    for (let round = 0; round < 6; round += 1) {
      // Mostly it is live again when the next thing happens, sometimes still on its way.
      for (let i = 0; i < 1_000 && round % 3 !== 2 && lives() === before; i += 1) await delay(5)
      for (let i = 0; i < 3; i += 1) {
        const record = write()
        await server.store.put([record])
        expected.push(toHex(record.id))
        await delay(5)
      }
      before = lives()
      await server.stop(round % 2 === 0)
      const missed = write()
      await server.store.put([missed])
      expected.push(toHex(missed.id))
      await server.start()
    }
    for (let i = 0; i < 500 && ids.length < expected.length; i += 1) await delay(10)
    await delay(50)
    expect(ids.toSorted()).toEqual(expected.toSorted())
    expect(lives()).toBeGreaterThan(3)
    abort.abort()
    await reading
  })
})
