import { X509Certificate } from "node:crypto"
import { get as httpGet } from "node:http"
import { type Socket, connect as connectTcp } from "node:net"
import { setTimeout as delay } from "node:timers/promises"
import { connect as connectTls } from "node:tls"
import {
  type Message,
  type SecretKey,
  FrameReader,
  RESULT,
  clientProofText,
  concatBytes,
  hashBlob,
  encodeMessage,
  formatAuthNonce,
  formatUserKey,
  isBlobPiece,
  parseHelloAckHeaders,
  parseMessage,
  serverProofText,
  signProof,
  verifyProof,
} from "@tessera/mosaic"
import { describe, expect, it } from "vitest"
import { WebSocket } from "ws"
import { contentOf } from "../blobs/contract/content.ts"
import { openMemoryBlobs } from "../blobs/memory.ts"
import { persona, write } from "../testing/personas.test-suite.ts"
import { Rig } from "../testing/rig.test-suite.ts"
import { Addresses } from "./addresses.ts"
import { selfSignedPem } from "./self-signed-pem.ts"
import { type ListenWebSocketOptions, type WebSocketListener, listenWebSocket } from "./websocket.ts"

const home = persona(200)
const [ann, bob] = [persona(1), persona(2)]
const nonceOf = (fill: number) => formatAuthNonce(new Uint8Array(32).fill(fill))

class WebSocketRig extends Rig {
  listener: WebSocketListener | undefined
  readonly #sockets: WebSocket[] = []

  async listen(options: Partial<ListenWebSocketOptions> = {}): Promise<this> {
    this.listener = await listenWebSocket({
      server: this.server,
      secretKey: home.secret,
      host: "127.0.0.1",
      port: 0,
      tls: "proxy",
      ...options,
    })
    return this
  }

  get port(): number {
    return this.listener?.port ?? 0
  }

  /** Opens a WebSocket with these headers; rejects with the HTTP status when it is refused. */
  async open(headers: Record<string, string> = {}, protocol = "mosaic2025", scheme = "ws"): Promise<Peer> {
    const url = `${scheme}://127.0.0.1:${this.port}/`
    const options = { headers, rejectUnauthorized: false }
    const socket = protocol === "" ? new WebSocket(url, options) : new WebSocket(url, protocol, options)
    this.#sockets.push(socket)
    return await Peer.open(socket)
  }

  /** A socket on which the upgrade is done, for what no client would send. */
  async raw(): Promise<Socket> {
    const key = Buffer.alloc(16, 7).toString("base64")
    const fields = ["Host: x", "Upgrade: websocket", "Connection: Upgrade", `Sec-WebSocket-Key: ${key}`, "Sec-WebSocket-Version: 13"]
    const hello = ["Sec-WebSocket-Protocol: mosaic2025", "X-Mosaic-Versions: 0", "", ""]
    const socket = connectTcp({ host: "127.0.0.1", port: this.port })
    socket.on("error", () => {})
    socket.write(["GET / HTTP/1.1", ...fields, ...hello].join("\r\n"))
    const head = await received(socket)
    expect(head.toString()).toMatch(/^HTTP\/1\.1 101 /)
    return socket
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.terminate()
    await super[Symbol.asyncDispose]()
    await this.listener?.close()
  }
}

/** A client that says what a test wants; each message that comes must be a WebSocket message of its own. */
class Peer {
  readonly socket: WebSocket
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly #messages: Message[] = []
  #isClosed = false
  #wake = (): void => {}

  private constructor(socket: WebSocket, headers: Readonly<Record<string, string | undefined>>) {
    this.socket = socket
    this.headers = headers
    socket.on("message", (data: Buffer) => {
      const reader = new FrameReader()
      const parts = reader.push(data)
      expect([parts.filter((part) => !isBlobPiece(part)).length, reader.pendingLength]).toEqual([1, 0])
      this.#messages.push(...parts.flatMap((part) => (isBlobPiece(part) ? [] : [parseMessage(part.bytes)])))
      this.#wake()
    })
    socket.on("close", () => {
      this.#isClosed = true
      this.#wake()
    })
  }

  static async open(socket: WebSocket): Promise<Peer> {
    let headers: Record<string, string | undefined> = {}
    let peer: Peer | undefined
    await new Promise<void>((resolve, reject) => {
      socket.once("upgrade", (response) => {
        headers = response.headers as Record<string, string | undefined>
        peer = new Peer(socket, headers)
      })
      socket.once("open", resolve)
      socket.once("unexpected-response", (_request, response) => reject(new Error(String(response.statusCode))))
      socket.once("error", reject)
    })
    if (peer === undefined) throw new Error("no upgrade")
    return peer
  }

  send(...messages: readonly Message[]): void {
    for (const message of messages) this.socket.send(encodeMessage(message))
  }

  async next(): Promise<Message | undefined> {
    while (this.#messages.length === 0 && !this.#isClosed) await new Promise<void>((resolve) => (this.#wake = resolve))
    return this.#messages.shift()
  }

  get ack() {
    return parseHelloAckHeaders((name) => this.headers[name])
  }
}

const received = (socket: Socket): Promise<Buffer> => new Promise((resolve) => socket.once("data", resolve))
const clientFrame = (first: number, payload: Uint8Array): Buffer =>
  Buffer.concat([Buffer.of(first, 0x80 | payload.length, 0, 0, 0, 0), payload])

const HELLO = { "X-Mosaic-Versions": "0,3", "X-Mosaic-Features": "1, 7,0" }
const asAnn = { ...HELLO, "X-Mosaic-Authenticate-As": formatUserKey(ann.key) }
const proofOf = (nonce: ReturnType<typeof nonceOf> | undefined, secret: SecretKey): Message => ({
  type: "helloAuth",
  signature: signProof(clientProofText(home.key, nonce ?? nonceOf(0)), secret),
})
const onlyFromAnn: Message = { type: "submission", record: write(ann, { fromAuthor: true }).bytes }

/** The certificate that a server shows to somebody who offers these protocols. */
const certificateAt = (port: number, ALPNProtocols: string[]): Promise<X509Certificate | undefined> =>
  new Promise((resolve, reject) => {
    const socket = connectTls({ host: "127.0.0.1", port, rejectUnauthorized: false, ALPNProtocols }, () => {
      resolve(socket.getPeerX509Certificate())
      socket.destroy()
    })
    socket.on("error", reject)
  })

describe("listenWebSocket", () => {
  it("grants in headers what Hello in headers asks, proves the server's key, and takes messages at once", async () => {
    await using rig = await new WebSocketRig().listen({ serviceUrl: "https://example.org/join" })
    const nonce = nonceOf(5)
    const peer = await rig.open({ ...HELLO, "X-Mosaic-Server-Authenticate-Nonce": nonce })
    expect(peer.socket.protocol).toBe("mosaic2025")
    expect(peer.ack).toMatchObject({ version: 0, featuresAccepted: [1, 0], clientNonce: undefined, serviceUrl: "https://example.org/join" })
    verifyProof(peer.ack.serverProof ?? new Uint8Array(), serverProofText(nonce), home.key)
    peer.send({ type: "query", queryId: 3, limit: 1, filter: {} })
    expect(await peer.next()).toEqual({ type: "queryClosed", queryId: 3, result: RESULT.SUCCESS })
  })

  it("sends each message as a WebSocket message of its own", async () => {
    await using rig = await new WebSocketRig().listen()
    await rig.store.put(Array.from({ length: 20 }, () => write(ann)))
    const peer = await rig.open(HELLO)
    peer.send({ type: "query", queryId: 3, limit: 0, filter: { authors: [ann.key] } })
    for (let count = 0; count < 20; count += 1) expect((await peer.next())?.type).toBe("record")
    expect((await peer.next())?.type).toBe("queryClosed")
  })

  it("refuses other protocols, versions that it does not speak, and headers that it cannot read", async () => {
    await using rig = await new WebSocketRig().listen()
    await expect(rig.open(HELLO, "")).rejects.toThrow("400")
    await expect(rig.open(HELLO, "nostr")).rejects.toThrow("400")
    await expect(rig.open({ "X-Mosaic-Versions": "1" })).rejects.toThrow("400")
    await expect(rig.open({ ...HELLO, "X-Mosaic-Features": "one" })).rejects.toThrow("400")
    await expect(rig.open({ ...HELLO, "X-Mosaic-Authenticate-As": "mopub0nonsense" })).rejects.toThrow("400")
    const status = await new Promise((resolve) => httpGet({ host: "127.0.0.1", port: rig.port }, ({ statusCode }) => resolve(statusCode)))
    expect(status).toBe(426)
  })

  it("knows a client that proves its key by Hello Auth", async () => {
    await using rig = await new WebSocketRig().listen()
    const peer = await rig.open(asAnn)
    peer.send(onlyFromAnn)
    expect(await peer.next()).toMatchObject({ type: "submissionResult", result: RESULT.REQUIRES_AUTHENTICATION })
    peer.send(proofOf(peer.ack.clientNonce, ann.secret), onlyFromAnn)
    expect(await peer.next()).toEqual({ type: "helloAck", result: RESULT.SUCCESS, version: 0, applications: [1, 0] })
    expect(await peer.next()).toMatchObject({ type: "submissionResult", result: RESULT.ACCEPTED })
  })

  it("answers a wrong proof, one for another connection or another server, a replayed one and one that nobody asked for with UNAUTHORIZED", async () => {
    await using rig = await new WebSocketRig().listen()
    const first = await rig.open(asAnn)
    const proof = proofOf(first.ack.clientNonce, ann.secret)
    first.send(proof)
    expect(await first.next()).toMatchObject({ type: "helloAck" })
    first.send(proof)
    const cases: readonly (readonly [Peer, Message | undefined])[] = [
      [first, undefined],
      [await rig.open(asAnn), proof],
      [await rig.open(asAnn), proofOf(undefined, ann.secret)],
      [await rig.open(HELLO), proof],
    ]
    for (const [peer, message] of cases) {
      if (message !== undefined) peer.send(message)
      expect(await peer.next()).toEqual({ type: "closing", result: RESULT.UNAUTHORIZED })
      expect(await peer.next()).toBeUndefined()
    }
    const relayed = await rig.open(asAnn)
    const { clientNonce } = relayed.ack
    if (clientNonce === undefined) throw new Error("no nonce")
    relayed.send({ type: "helloAuth", signature: signProof(clientProofText(bob.key, clientNonce), ann.secret) })
    expect(await relayed.next()).toEqual({ type: "closing", result: RESULT.UNAUTHORIZED })
    const stranger = await rig.open(asAnn)
    stranger.send(proofOf(stranger.ack.clientNonce, bob.secret))
    expect(await stranger.next()).toEqual({ type: "closing", result: RESULT.UNAUTHORIZED })
  })

  it("lets browsers say Hello in a message, and both sides prove their keys by Identify and Identity", async () => {
    await using rig = await new WebSocketRig().listen()
    const peer = await rig.open()
    expect(peer.headers["x-mosaic-version"]).toBeUndefined()
    const nonce = new Uint8Array(32).fill(9)
    peer.send({ type: "hello", version: 0, applications: [1] }, { type: "identify", key: ann.key, nonce })
    expect(await peer.next()).toMatchObject({ type: "helloAck", result: RESULT.SUCCESS, applications: [1] })
    const identity = await peer.next()
    if (identity?.type !== "identity") throw new Error(`${identity?.type}`)
    expect(identity.key).toEqual(new Uint8Array(home.key))
    verifyProof(identity.proof, serverProofText(formatAuthNonce(nonce)), home.key)
    peer.send(proofOf(formatAuthNonce(identity.nonce), ann.secret), onlyFromAnn)
    expect(await peer.next()).toMatchObject({ type: "helloAck", result: RESULT.SUCCESS })
    expect(await peer.next()).toMatchObject({ type: "submissionResult", result: RESULT.ACCEPTED })
  })

  it("takes no text and no compression, and messages in pieces, however long", async () => {
    await using rig = await new WebSocketRig().listen()
    const texting = await rig.open(HELLO)
    expect(texting.socket.extensions).toBe("")
    const status = new Promise((resolve) => texting.socket.once("close", resolve))
    texting.socket.send("hello")
    expect(await texting.next()).toBeUndefined()
    expect(await status).toBe(1003)
    const patient = await rig.open(HELLO)
    const get = encodeMessage({ type: "get", queryId: 1, references: [] })
    for (const [index, byte] of get.entries()) patient.socket.send(Uint8Array.of(byte), { fin: index === get.length - 1 })
    expect(await patient.next()).toMatchObject({ type: "queryClosed" })
    // Many messages of ours in one of WebSocket, and one that no server takes to its end.
    patient.socket.send(Buffer.concat(Array.from({ length: 10_000 }, () => get)), { fin: false })
    for (let count = 0; count < 1_000; count += 1) expect(await patient.next()).toMatchObject({ type: "queryClosed" })
    patient.socket.terminate()
  })

  it("answers pings, and closes as the peer asks", async () => {
    await using rig = await new WebSocketRig().listen()
    const peer = await rig.open(HELLO)
    const pong = new Promise((resolve) => peer.socket.once("pong", resolve))
    peer.socket.ping("are you there")
    expect(String(await pong)).toBe("are you there")
    const closed = new Promise((resolve) => peer.socket.once("close", resolve))
    peer.socket.close(1001)
    expect(await closed).toBe(1001)
    const other = await rig.open(HELLO)
    const bye = new Promise((resolve) => other.socket.once("close", resolve))
    await rig.server.close()
    expect(await other.next()).toMatchObject({ type: "closing" })
    expect(await bye).toBe(1000)
  })

  it("counts half messages, however they are cut, against the one budget of all connections", async () => {
    await using rig = await new WebSocketRig({ limits: { heldBytes: 4_000_000 } }).listen()
    // A submission of a record of a mebibyte: its length alone is said, and half of it is sent.
    const half = new Uint8Array(500_000)
    half.set([0x05, 0x08, 0x00, 0x10])
    const sendHalf = async (): Promise<Peer> => {
      const peer = await rig.open(HELLO)
      peer.socket.on("error", () => {})
      for (let at = 0; at < half.length; at += 100_000) peer.socket.send(half.subarray(at, at + 100_000), { fin: false })
      return peer
    }
    const first = await Promise.all(Array.from({ length: 4 }, sendHalf))
    await expect.poll(() => rig.server.stats().heldBytes).toBeGreaterThanOrEqual(2_000_000)
    const peers = [...first, ...(await Promise.all(Array.from({ length: 36 }, sendHalf)))]
    expect(peers.length).toBe(40)
    await expect.poll(() => rig.server.stats().connections).toBeLessThan(10)
    expect(rig.server.stats().heldBytes).toBeLessThanOrEqual(4_000_000)
    const healthy = await rig.open(HELLO)
    healthy.send({ type: "get", queryId: 1, references: [] })
    expect(await healthy.next()).toMatchObject({ type: "queryClosed" })
  })

  it("takes and gives a blob of 12 MiB in one message, and holds little of it, also for somebody who sends many pings or reads slowly", async () => {
    const blobs = openMemoryBlobs()
    await using rig = await new WebSocketRig({ blobs, limits: { writeMs: 500 } }).listen()
    const content = contentOf(12 * 1024 * 1024)
    const hash = await hashBlob(content)
    const peer = await rig.open(HELLO)
    let most = 0
    const watching = setInterval(() => (most = Math.max(most, rig.server.stats().heldBytes)), 1)
    peer.socket.send(concatBytes(encodeMessage({ type: "blobSubmission", length: content.length, hash }), content))
    expect(await peer.next()).toEqual({ type: "blobSubmissionResult", result: RESULT.ACCEPTED, hash })
    // The client of the test wants it as one message.
    peer.send({ type: "blobGet", hash })
    expect(await peer.next()).toEqual({ type: "blobResult", result: RESULT.SUCCESS, length: content.length, hash })
    clearInterval(watching)
    expect(most).toBeGreaterThan(0)
    expect(most).toBeLessThan(1024 * 1024)
    const slow = await rig.raw()
    slow.pause()
    slow.write(clientFrame(0x82, encodeMessage({ type: "blobGet", hash })))
    for (let ping = 0; ping < 10_000; ping += 1) slow.write(clientFrame(0x89, new Uint8Array(100)))
    while (rig.server.stats().connections > 1) await delay(20)
    expect(rig.events).toContainEqual(expect.objectContaining({ type: "disconnected", reason: "the peer does not read" }))
    expect(rig.server.stats().heldBytes).toBe(0)
  })

  it("ends those who never finish their request, and survives garbage", async () => {
    await using rig = await new WebSocketRig().listen({ limits: { handshakeMs: 200 } })
    const lines = ["", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nX: ", "\u0016\u0003\u0001"]
    const ended = lines.map(
      (line) =>
        new Promise<void>((resolve) => {
          const socket = connectTcp({ host: "127.0.0.1", port: rig.port }, () => socket.write(line))
          socket.on("error", () => {})
          socket.on("close", () => resolve())
          socket.resume()
        }),
    )
    await Promise.race([Promise.all(ended), delay(5_000).then(() => Promise.reject(new Error("still open")))])
    expect((await rig.open(HELLO)).ack.version).toBe(0)
  })

  it("counts and bans peers behind a proxy by what the proxy says of them, and believes nobody else", async () => {
    const addresses = new Addresses({
      limits: { connectionsPerAddress: 2 },
      refusal: (address) => (address === "203.0.113.66" ? RESULT.IP_PERM_BANNED : undefined),
    })
    const from = (address: string) => ({ ...HELLO, "X-Forwarded-For": `198.51.100.1, ${address}` })
    await using rig = await new WebSocketRig().listen({ addresses })
    await rig.open(from("203.0.113.9"))
    expect(rig.events[0]).toMatchObject({ type: "connected", peer: { remote: "203.0.113.9:0" } })
    const second = await rig.open(from("203.0.113.9"))
    const third = await rig.open(from("203.0.113.9"))
    expect(await third.next()).toEqual({ type: "closing", result: RESULT.TOO_FAST })
    // Others are not concerned, and whoever goes makes room.
    await rig.open(from("203.0.113.10"))
    await rig.open({ ...HELLO, Forwarded: "for=203.0.113.11" })
    second.socket.terminate()
    await expect.poll(() => rig.server.stats().connections).toBe(3)
    const again = await rig.open(from("203.0.113.9"))
    again.send({ type: "get", queryId: 1, references: [] })
    expect(await again.next()).toMatchObject({ type: "queryClosed" })
    expect(await (await rig.open(from("203.0.113.66"))).next()).toEqual({ type: "closing", result: RESULT.IP_PERM_BANNED })
    // Of whom the proxy says nothing count as the proxy itself.
    await rig.open(HELLO)
    await rig.open(HELLO)
    expect(await (await rig.open(HELLO)).next()).toEqual({ type: "closing", result: RESULT.TOO_FAST })

    await using other = await new WebSocketRig().listen({ proxies: ["192.0.2.1"] })
    await other.open(from("203.0.113.9"))
    expect(other.events[0]).toMatchObject({ peer: { remote: expect.stringMatching(/^127\.0\.0\.1:\d+$/) } })
  })

  it("lets others come while one address opens too many connections through the proxy", async () => {
    const addresses = new Addresses({ limits: { connectionBurst: 20, connectionsPerSecond: 1 } })
    await using rig = await new WebSocketRig().listen({ addresses })
    const flood = Array.from({ length: 60 }, () => rig.open({ ...HELLO, "X-Forwarded-For": "203.0.113.66" }).catch(() => undefined))
    const told = await Promise.all(flood)
    await expect.poll(() => rig.server.stats().connections).toBe(20)
    expect(told.length).toBe(60)
    const friend = await rig.open({ ...HELLO, "X-Forwarded-For": "203.0.113.9" })
    friend.send({ type: "get", queryId: 1, references: [] })
    expect(await friend.next()).toMatchObject({ type: "queryClosed" })
  })

  it("shows a challenge's certificate to those alone who ask for it by ALPN, as long as there is one", async () => {
    await using rig = await new WebSocketRig().listen({ tls: "selfSigned" })
    const own = await certificateAt(rig.port, [])
    expect((await certificateAt(rig.port, ["http/1.1"]))?.raw).toEqual(own?.raw)
    await expect(certificateAt(rig.port, ["acme-tls/1"])).rejects.toThrow("alert")
    rig.listener?.showChallenge(selfSignedPem(ann.secret))
    const shown = await certificateAt(rig.port, ["acme-tls/1"])
    expect(shown?.raw).toEqual(new X509Certificate(selfSignedPem(ann.secret).cert).raw)
    for (const offered of [[], ["http/1.1"], ["h2", "http/1.1"]]) expect((await certificateAt(rig.port, offered))?.raw).toEqual(own?.raw)
    expect((await rig.open(HELLO, "mosaic2025", "wss")).ack.version).toBe(0)
    rig.listener?.showChallenge(undefined)
    await expect(certificateAt(rig.port, ["acme-tls/1"])).rejects.toThrow("alert")
    rig.listener?.renew(selfSignedPem(bob.secret))
    expect((await certificateAt(rig.port, []))?.raw).toEqual(new X509Certificate(selfSignedPem(bob.secret).cert).raw)
    expect((await rig.open(HELLO, "mosaic2025", "wss")).ack.version).toBe(0)
  })

  it("serves over TLS with a certificate of its own key, also at ::1", async () => {
    await using rig = await new WebSocketRig().listen({ tls: "selfSigned" })
    const peer = await rig.open(HELLO, "mosaic2025", "wss")
    expect(peer.ack.version).toBe(0)
    await using other = await new WebSocketRig().listen({ host: "::1" })
    expect(other.listener?.url).toBe(`mosaicwss://[::1]:${other.port}`)
  })
})
