import { RESULT, encodeMessage } from "@tessera/mosaic"
import { describe, expect, it } from "vitest"
import { persona } from "../testing/personas.test-suite.ts"
import { Rig } from "../testing/rig.test-suite.ts"

describe("Hello", () => {
  it("grants the applications that the server has, and version 0", async () => {
    await using rig = new Rig()
    const peer = rig.dial()
    peer.send({ type: "hello", version: 7, applications: [5, 1, 0, 0x7006_8b0c] })
    expect(await peer.next()).toEqual({ type: "helloAck", result: RESULT.SUCCESS, version: 0, applications: [1, 0, 0x7006_8b0c] })
  })

  it("is answered with DUPLICATE and what was agreed when it comes again", async () => {
    await using rig = new Rig()
    const peer = await rig.connect()
    peer.send({ type: "hello", version: 0, applications: [5] })
    expect(await peer.next()).toEqual({ type: "helloAck", result: RESULT.DUPLICATE, version: 0, applications: [0, 1] })
  })

  it("must come first", async () => {
    await using rig = new Rig()
    const peer = rig.dial()
    peer.send({ type: "unsubscribe", queryId: 1 })
    expect(await peer.next()).toEqual({ type: "closing", result: RESULT.INVALID })
    expect(await peer.next()).toBeUndefined()
  })

  it("must come in time", async () => {
    await using rig = new Rig({ limits: { helloMs: 20 } })
    const peer = rig.dial()
    expect(await peer.next()).toEqual({ type: "closing", result: RESULT.TEMPORARY_ERROR })
    expect(await peer.next()).toBeUndefined()
    await rig.server.close()
    expect(rig.events.at(-1)).toMatchObject({ type: "disconnected", reason: "the peer did not say Hello in time" })
  })

  it("closes the connection when it is malformed", async () => {
    await using rig = new Rig()
    const peer = rig.dial()
    const hello = encodeMessage({ type: "hello", version: 0, applications: [0] })
    const short = hello.subarray(0, 10).slice()
    short[1] = 10
    peer.sendBytes(short)
    expect(await peer.next()).toEqual({ type: "closing", result: RESULT.INVALID })
  })
})

describe("what a server does not know", () => {
  it("gets Unrecognized, and the connection goes on", async () => {
    await using rig = new Rig()
    const peer = await rig.connect()
    // Of unknown type, of a server's type, and one that this server does not have.
    peer.sendBytes(Uint8Array.of(0x77, 12, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8))
    peer.send({ type: "locallyComplete", queryId: 3 })
    peer.sendBytes(Uint8Array.of(0x06, 8, 0, 0, 0, 0, 0, 0))
    for (let i = 0; i < 3; i += 1) expect(await peer.next()).toEqual({ type: "unrecognized" })
    // Never answered, or two sides would go on for ever.
    peer.send({ type: "unrecognized" })
    expect(await peer.arrived()).toEqual([])
  })
})

describe("a server that closes", () => {
  it("says SHUTTING_DOWN to all, and takes nobody any more", async () => {
    await using rig = new Rig()
    const peers = await Promise.all([rig.connect(), rig.connect(persona(1).key)])
    const closed = rig.server.close()
    for (const peer of peers) {
      expect(await peer.next()).toEqual({ type: "closing", result: RESULT.SHUTTING_DOWN })
      expect(await peer.next()).toBeUndefined()
    }
    await closed
    expect(await rig.dial().next()).toBeUndefined()
    expect(rig.server.stats()).toEqual({ connections: 0, subscriptions: 0, pendingBytes: 0, heldBytes: 0 })
  })
})

describe("a peer that wants nothing", () => {
  it("is let go when it is silent, but not while it has something open", async () => {
    await using rig = new Rig({ limits: { idleMs: 40 } })
    const busy = await rig.connect()
    await busy.ask({ type: "subscribe", queryId: 1, limit: 0, filter: { authors: [persona(1).key] } }, "locallyComplete")
    const silent = await rig.connect()
    expect(await silent.next()).toEqual({ type: "closing", result: RESULT.TEMPORARY_ERROR })
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(await busy.arrived()).toEqual([])
  })

  it("is let go when it does not end its message", async () => {
    await using rig = new Rig({ limits: { frameMs: 40 } })
    const peer = await rig.connect()
    peer.sendBytes(encodeMessage({ type: "submission", record: new Uint8Array(300) }).subarray(0, 100))
    expect(await peer.next()).toEqual({ type: "closing", result: RESULT.TEMPORARY_ERROR })
    await rig.server.close()
    expect(rig.events.at(-1)).toMatchObject({ reason: "the peer did not end its message in time" })
  })
})
