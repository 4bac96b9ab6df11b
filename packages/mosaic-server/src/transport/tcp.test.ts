import { createConnection } from "node:net"
import { setTimeout as delay } from "node:timers/promises"
import type { ConnectionOptions } from "node:tls"
import { RESULT, encodeMessage, publicKeyOfCertificate } from "@tessera/mosaic"
import { describe, expect, it } from "vitest"
import { type Persona, persona, write } from "../testing/personas.test-suite.ts"
import { TcpRig, credentials, pem } from "../testing/tcp-rig.test-suite.ts"
import { plainAddress } from "./addresses.ts"
import { listenTcp } from "./tcp.ts"

const home = persona(200)
const ann = persona(1)

/** A self-signed certificate over P-256, and its key: base64 of DER. */
const P256_CERTIFICATE = [
  "MIIBeDCCAR+gAwIBAgIUStMjk3JnW6Bge/5cwPyxFQEnfWMwCgYIKoZIzj0EAwIwETEPMA0GA1UEAwwGbW9zYWljMCAXDTI2MTEyMDE0NTkzOVoYDzIxMjYx",
  "MDI3MTQ1OTM5WjARMQ8wDQYDVQQDDAZtb3NhaWMwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQ1ejWabpQ+plYrDpZMS/Bt4fG+7ybiMBQNkoCRnGpUaMiU",
  "I6MDLOW7c/594dvFFbnGCqOanjXgItXb3w5v3uHmo1MwUTAdBgNVHQ4EFgQUKndOjKetRwhrsecdAXjSJMvJViIwHwYDVR0jBBgwFoAUKndOjKetRwhrsecd",
  "AXjSJMvJViIwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiB6w8tj1G5lXwptmz0DHLYXnTXPLTZ4kL8duSf46qhmegIgIAunrVhHHJWUrO+/",
  "b+cdj535QmIaq1FtxoQB+gj7Zls=",
].join("")
const P256_KEY =
  "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgbyW0gFn/FZPdQNhSEO0KGzsgoQA5ZUH0XS/a2CnjbFGhRANCAAQ1ejWabpQ+plYrDpZMS/Bt4fG+7ybiMBQNkoCRnGpUaMiUI6MDLOW7c/594dvFFbnGCqOanjXgItXb3w5v3uHm"

/** What a server makes of a client that hands in a record only its author may bring. */
async function submitAs(rig: TcpRig, who: Persona, options: ConnectionOptions): Promise<number | undefined> {
  const peer = await (await rig.peer(options)).greet()
  const [answer] = await peer.ask({ type: "submission", record: write(who, { fromAuthor: true }).bytes }, "submissionResult")
  await peer.channel.close()
  return answer?.type === "submissionResult" ? answer.result : undefined
}

describe("listenTcp", () => {
  it.each([
    ["127.0.0.1", "127.0.0.1"],
    ["::1", "[::1]"],
  ])("serves over TLS 1.3 at %s, and proves the server's key", async (host, shown) => {
    await using rig = await new TcpRig({ host }).listen()
    expect(rig.listener?.url).toBe(`mosaictcp://${shown}:${rig.port}`)
    const socket = await rig.tls()
    expect(socket.getProtocol()).toBe("TLSv1.3")
    const certificate = socket.getPeerX509Certificate()
    expect(certificate?.verify(certificate.publicKey)).toBe(true)
    expect(publicKeyOfCertificate(certificate?.raw ?? new Uint8Array())).toEqual(home.key)
    socket.destroy()
    const peer = await (await rig.peer()).greet()
    expect(await peer.arrived()).toEqual([])
  })

  it("serves both kinds of address at ::, and tells IPv4 peers by their own form", async () => {
    const seen: string[] = []
    await using rig = await new TcpRig({ host: "::", allowRemote: (address) => seen.push(address) > 0 }).listen()
    for (const host of ["127.0.0.1", "::1"]) await (await rig.peer({ host })).greet()
    expect(seen).toEqual(["127.0.0.1", "::1"])
    expect(rig.events[0]).toMatchObject({ type: "connected", peer: { remote: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string } })
  })

  it("knows a client by its certificate, and one without as anonymous", async () => {
    await using rig = await new TcpRig().listen()
    expect(await submitAs(rig, ann, {})).toBe(RESULT.REQUIRES_AUTHENTICATION)
    expect(await submitAs(rig, ann, credentials(persona(2)))).toBe(RESULT.UNAUTHORIZED)
    expect(await submitAs(rig, ann, credentials(ann))).toBe(RESULT.ACCEPTED)
  })

  it("refuses a client certificate whose self-signature is broken, which TLS takes", async () => {
    await using rig = await new TcpRig().listen()
    const breakSignature = (certificate: Uint8Array): void => certificate.set([(certificate.at(-5) ?? 0) ^ 1], certificate.length - 5)
    const peer = await rig.peer(credentials(ann, breakSignature))
    await expect(peer.greet()).rejects.toThrow()
    expect(rig.server.stats().connections).toBe(0)
    expect(rig.events).toEqual([])
  })

  it("refuses a client certificate whose other content was changed", async () => {
    await using rig = await new TcpRig().listen()
    const rename = (certificate: Uint8Array): void => certificate.set(Buffer.from("Mosaic"), Buffer.from(certificate).indexOf("mosaic"))
    await expect((await rig.peer(credentials(ann, rename))).greet()).rejects.toThrow()
    expect(rig.events).toEqual([])
  })

  it("takes nothing but Ed25519 for a proof, and nothing below TLS 1.3", async () => {
    await using rig = await new TcpRig().listen()
    const p256 = { cert: pem("CERTIFICATE", P256_CERTIFICATE), key: pem("PRIVATE KEY", P256_KEY) }
    await expect(rig.tls({ maxVersion: "TLSv1.2" })).rejects.toThrow()
    expect(rig.events).toEqual([])
    // The client learns that its certificate will not do, and leaves it out.
    await (await rig.peer(p256)).greet()
    expect(rig.events).toMatchObject([{ type: "connected", peer: { key: undefined } }])
  })

  it("resumes no session: a key is proved each time", async () => {
    await using rig = await new TcpRig().listen()
    const sessions: Buffer[] = []
    const first = await rig.tls(credentials(ann))
    first.on("session", (session) => sessions.push(session))
    const session = first.getSession()
    await delay(50)
    first.destroy()
    for (const old of [...sessions, session]) {
      if (old === undefined) continue
      const second = await rig.tls({ session: old }).catch(() => undefined)
      expect(second?.isSessionReused() ?? false).toBe(false)
      second?.destroy()
    }
  })

  it("drops whoever may not connect before TLS, and tells whoever has too many connections", async () => {
    await using closed = await new TcpRig({ allowRemote: () => false }).listen()
    await expect(closed.tls()).rejects.toThrow()
    await using busy = await new TcpRig({ limits: { connectionsPerAddress: 2 } }).listen()
    const [first] = [await (await busy.peer()).greet(), await (await busy.peer()).greet()]
    expect(await (await busy.peer()).next()).toEqual({ type: "closing", result: RESULT.TOO_FAST })
    await first?.channel.close()
    while (busy.server.stats().connections > 1) await delay(5)
    await delay(20)
    await (await busy.peer()).greet()
  })

  it("tells an IPv4 peer by its own form", () => {
    expect([plainAddress("::ffff:10.0.0.1"), plainAddress("::ffff:a00:1"), plainAddress(undefined)]).toEqual([
      "10.0.0.1",
      "::ffff:a00:1",
      undefined,
    ])
  })

  it("survives resets, garbage and half a handshake", async () => {
    await using rig = await new TcpRig({ limits: { handshakeMs: 100 } }).listen()
    for (let round = 0; round < 30; round += 1) {
      const plain = createConnection({ host: "127.0.0.1", port: rig.port })
      plain.on("error", () => {})
      if (round % 3 === 0) plain.write("GET / HTTP/1.1\r\n\r\n")
      else if (round % 3 === 1) plain.write(Uint8Array.of(0x16, 3, 1, 2, 0, 1))
      else plain.once("connect", () => plain.resetAndDestroy())
    }
    for (let round = 0; round < 30; round += 1) {
      const peer = await rig.peer()
      const { channel } = peer
      await channel.write(encodeMessage({ type: "hello", version: 0, applications: [] }).subarray(0, 3 + (round % 6)))
      if (round % 2 === 0) continue
      await peer.channel.close()
    }
    const raw = createConnection({ host: "127.0.0.1", port: rig.port })
    const reset = await rig.tls({ socket: raw })
    reset.on("error", () => {})
    reset.write(encodeMessage({ type: "hello", version: 0, applications: [] }))
    reset.write(encodeMessage({ type: "subscribe", queryId: 1, limit: 0, filter: { authors: [ann.key] } }))
    await delay(50)
    raw.resetAndDestroy()
    await rig.store.put([write(ann)])
    const healthy = await (await rig.peer()).greet()
    expect(await healthy.arrived()).toEqual([])
    expect(rig.events.filter(({ type }) => type === "failed")).toEqual([])
  })

  it("lets go of a peer that does not read: the subscription, then the connection", async () => {
    const limits = { liveBytes: 2_000_000, writeMs: 300 }
    await using rig = await new TcpRig({}, { limits }).listen()
    const socket = await rig.tls()
    socket.on("error", () => {})
    socket.write(encodeMessage({ type: "hello", version: 0, applications: [] }))
    socket.write(encodeMessage({ type: "subscribe", queryId: 1, limit: 0, filter: { authors: [ann.key] } }))
    while (rig.server.stats().subscriptions === 0) await delay(5)
    socket.pause()
    // More than the system's buffers on both sides take.
    const payload = new Uint8Array(1_000_000)
    let peak = 0
    for (let i = 0; i < 40 && rig.server.stats().subscriptions > 0; i += 1) {
      await rig.store.put([write(ann, { payload })])
      await delay(10)
      peak = Math.max(peak, rig.server.stats().pendingBytes)
    }
    await rig.quiet()
    expect(peak).toBeLessThan(3_000_000)
    expect(rig.events).toContainEqual(expect.objectContaining({ type: "slowReader" }))
    expect(rig.events.at(-1)).toMatchObject({ type: "disconnected", reason: "the peer does not read" })
    socket.destroy()
  })

  it("says why before it closes, also to somebody who sends on", async () => {
    await using rig = await new TcpRig().listen()
    const peer = await (await rig.peer()).greet()
    peer.sendBytes(Uint8Array.of(0x01, 0xff, 0xff, 0xff))
    for (let i = 0; i < 50; i += 1) peer.sendBytes(new Uint8Array(10_000))
    expect(await peer.next()).toEqual({ type: "closing", result: RESULT.TOO_LARGE })
  })

  it("ends with its signal, and says when a port is taken", async () => {
    const abort = new AbortController()
    await using rig = await new TcpRig({ signal: abort.signal }).listen()
    await using other = new TcpRig({ port: rig.port })
    await expect(other.listen()).rejects.toMatchObject({ code: "EADDRINUSE" })
    const peer = await (await rig.peer()).greet()
    abort.abort()
    expect(await peer.next().catch(() => undefined)).toBeUndefined()
    await rig.quiet()
    await expect(rig.tls()).rejects.toThrow()
    await expect(
      listenTcp({ server: rig.server, secretKey: home.secret, host: "127.0.0.1", port: 0, signal: abort.signal }),
    ).rejects.toThrow()
  })
})
