import { createServer as createPlain } from "node:net"
import type { AddressInfo } from "node:net"
import { formatServerKey, parseMosaicUrl, publicKeyOf } from "@tessera/mosaic"
import { connect } from "@tessera/mosaic-client"
import { dialTcp } from "@tessera/mosaic-client/tcp"
import { describe, expect, test } from "vitest"
import { passingKind } from "./passing-record.ts"
import { examineServer } from "./server.ts"
import { all, codes, expiredPem, finding, newSecret, ownPem, quick, TestDht, TestServer, wrong } from "./test-server.test-suite.ts"

describe("a good open server", () => {
  test("is well on both transports, and nothing of the examination stays", async () => {
    await using server = await TestServer.start({ serviceUrl: "https://example.org/me" })
    const found = await all(examineServer({ urls: [server.webSocket, server.tcp] }, quick()))
    expect(wrong(found)).toEqual([])
    const expected =
      "local-address reached certificate-own pages-certificate key-proved hello local-address reached certificate-key hello " +
      "dht-unasked round-trip service-url reads-anonymous open clock-right"
    expect(codes(found).join(" ")).toBe(expected)
    expect(finding(found, "service-url")?.facts).toEqual({ url: "https://example.org/me" })
    expect(finding(found, "hello")?.facts).toEqual({ applications: [0, 1, 0x7006_8b0c] })
    expect(finding(found, "key-proved")?.facts).toEqual({ key: formatServerKey(server.key) })
    const channel = await dialTcp({ host: "127.0.0.1", port: server.tcp.port, serverKey: server.key })
    await using connection = await connect(channel)
    const kinds = (["everybody", "tagged", "author"] as const).map(passingKind)
    expect(await Array.fromAsync(connection.query({ kinds }))).toEqual([])
  })

  test("says so where only TCP is there", async () => {
    await using server = await TestServer.start()
    expect(codes(await all(examineServer({ urls: [server.tcp] }, quick())))).toContain("no-websocket")
  })
})

describe("who is there", () => {
  test("another key than expected is told, and nothing is asked of it", async () => {
    await using server = await TestServer.start()
    const key = publicKeyOf(newSecret())
    for (const url of [server.tcp, server.webSocket]) {
      const found = await all(examineServer({ urls: [url], key }, quick()))
      expect(wrong(found), url.scheme).toEqual(["wrong-key", "unusable"])
      expect(finding(found, "wrong-key")?.facts).toEqual({ key: formatServerKey(server.key), expected: formatServerKey(key) })
      expect(codes(found)).not.toContain("open")
    }
  })

  test("two URLs of two servers are told apart", async () => {
    await using one = await TestServer.start()
    await using two = await TestServer.start()
    expect(wrong(await all(examineServer({ urls: [one.tcp, two.tcp] }, quick())))).toEqual(["wrong-key"])
  })

  test("nobody, somebody who is silent, and somebody who is no Mosaic server", async () => {
    const silent = createPlain(() => {})
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve))
    const { port } = silent.address() as AddressInfo
    for (const scheme of ["mosaictcp", "mosaicwss"]) {
      const dead = await all(examineServer({ urls: [parseMosaicUrl(`${scheme}://127.0.0.1:1`)] }, quick()))
      expect(wrong(dead)).toEqual(["unreached", "unusable"])
      expect(finding(dead, "unreached")?.text).toContain("nothing listens")
      const quiet = await all(examineServer({ urls: [parseMosaicUrl(`${scheme}://127.0.0.1:${port}`)] }, quick({ timeoutMs: 300 })))
      expect(wrong(quiet)).toEqual(["unreached", "unusable"])
    }
    silent.close()
    await using server = await TestServer.start()
    const crossed = { ...server.webSocket, scheme: "mosaictcp" } as const
    expect(wrong(await all(examineServer({ urls: [crossed] }, quick())))).toEqual(["hello-unanswered", "unusable"])
  })

  test("what only Tor or QUIC reaches, and names that do not exist", async () => {
    const urls = ["mosaic://127.0.0.1", `mosaictcp://${"a".repeat(56)}.onion`, "mosaictcp://nobody.invalid"].map((text) =>
      text.includes("onion") ? { ...parseMosaicUrl("mosaictcp://example.org"), hostType: "onion" as const } : parseMosaicUrl(text),
    )
    expect(codes(await all(examineServer({ urls }, quick())))).toEqual(["quic-unseen", "onion-unseen", "name-unknown", "unusable"])
  })
})

describe("certificates", () => {
  test("one that has ended is told over WebSocket", async () => {
    const secret = newSecret()
    await using server = await TestServer.start({ tls: expiredPem(secret) })
    expect(wrong(await all(examineServer({ urls: [server.webSocket] }, quick())))).toContain("certificate-expired")
  })

  test("one of nobody's is told, and programs do not use it", async () => {
    await using server = await TestServer.start({ tls: ownPem(newSecret()) })
    const found = await all(examineServer({ urls: [server.webSocket] }, quick()))
    expect(wrong(found)).toEqual(["certificate-untrusted", "hello-unanswered", "unusable"])
  })
})

describe("the bootstrap of a server", () => {
  test("that lists it as it is", async () => {
    await using server = await TestServer.start()
    const dht = new TestDht()
    dht.publish({ type: "server", urls: [server.webSocket, server.tcp] }, server.secret)
    const found = await all(examineServer({ urls: [server.tcp] }, quick({ dht, allowLocal: true })))
    expect(codes(found)).toEqual(expect.arrayContaining(["bootstrap", "bootstrap-matches", "certificate-own"]))
    expect(wrong(found)).toEqual(["bootstrap-local"])
    // By its key alone, and without dialling what a stranger's bootstrap names in our own network.
    expect(wrong(await all(examineServer({ urls: [], key: server.key }, quick({ dht, allowLocal: true }))))).toEqual(["bootstrap-local"])
    const kept = await all(examineServer({ urls: [], key: server.key }, quick({ dht })))
    expect(wrong(kept)).toEqual(["bootstrap-local", "local-address", "local-address", "unusable"])
  })

  test("that is missing, lists something else, has no WebSocket, or cannot be asked for", async () => {
    await using server = await TestServer.start()
    const dht = new TestDht()
    const look = () => all(examineServer({ urls: [server.tcp] }, quick({ dht })))
    expect(wrong(await look())).toEqual(["bootstrap-missing"])
    dht.publish({ type: "server", urls: [] }, server.secret)
    expect(wrong(await look())).toEqual(["bootstrap-empty", "bootstrap-differs"])
    dht.publish({ type: "server", urls: [parseMosaicUrl("mosaic://203.0.113.7")] }, server.secret)
    expect(wrong(await look())).toEqual(["bootstrap-differs", "bootstrap-no-websocket"])
    dht.isReachable = false
    const found = await look()
    expect([codes(found).includes("dht-unreached"), wrong(found)]).toEqual([true, []])
  })

  test("with a line that cannot be read", async () => {
    await using server = await TestServer.start()
    const dht = new TestDht()
    const text = Buffer.from(`S\nmosaictcp://127.0.0.1:${server.tcp.port}\ngopher://example.org`)
    dht.publishRaw({ selector: "server", key: server.key, sequence: 1n, signature: new Uint8Array(64), text })
    expect(finding(await all(examineServer({ urls: [server.tcp] }, quick({ dht }))), "bootstrap-line")?.text).toContain("Line 3")
  })
})
