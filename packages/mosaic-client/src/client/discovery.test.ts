import { parseMosaicUrl, signBootstrap } from "@tessera/mosaic"
import { describe, expect, it } from "vitest"
import { publicOnly } from "../pool/dialer.ts"
import { keyOf, secretOf } from "../testing.test-suite.ts"
import { tcpDialer } from "../transport/tcp.ts"
import { bootstrapDiscovery } from "./discovery.ts"

const signal = AbortSignal.timeout(1_000)

describe("bootstrapDiscovery", () => {
  it("reads what signed bootstraps say, and knows when there is none", async () => {
    const user = signBootstrap({ type: "user", servers: [{ usage: 3, serverKey: keyOf(101) }] }, secretOf(1), 1n)
    const server = signBootstrap({ type: "server", urls: [parseMosaicUrl("mosaictcp://[2001:db8::1]:99")] }, secretOf(101), 1n)
    const discovery = bootstrapDiscovery(async (selector) => (selector === "user" ? user : server))
    expect(await discovery.lookupUser(keyOf(1), signal)).toEqual([{ usage: 3, serverKey: keyOf(101) }])
    expect(await discovery.lookupServer(keyOf(101), signal)).toEqual(["mosaictcp://[2001:db8::1]:99"])
    const empty = bootstrapDiscovery(async () => undefined)
    expect([await empty.lookupUser(keyOf(1), signal), await empty.lookupServer(keyOf(1), signal)]).toEqual([undefined, undefined])
  })
})

describe("dialers", () => {
  it.each<[string, boolean, boolean]>([
    ["mosaictcp://192.0.2.1", true, true],
    ["mosaictcp://[2001:db8::1]:99/", true, true],
    ["mosaictcp://127.0.0.1:1320/", true, false],
    ["mosaictcp://192.168.0.1", true, false],
    ["mosaictcp://nas.local", true, false],
    ["mosaictcp://abc.onion", false, false],
    ["mosaicwss://192.0.2.1", false, false],
    ["nonsense", false, false],
  ])("know of %s whether they can go there", (url, any, strangers) => {
    expect([tcpDialer.accepts(url), publicOnly(tcpDialer).accepts(url)]).toEqual([any, strangers])
  })
})
