import { type Message, FrameReader, RESULT, encodeMessage, parseMessage } from "@tessera/mosaic"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { persona, write } from "../testing/personas.test-suite.ts"
import { Rig } from "../testing/rig.test-suite.ts"

const ann = persona(1)
const closing = (result: number): Message => ({ type: "closing", result })

describe("a stream of bytes", () => {
  it("may come byte by byte", async () => {
    await using rig = new Rig()
    const peer = rig.dial()
    const note = write(ann)
    const stream = [
      encodeMessage({ type: "hello", version: 0, applications: [0] }),
      encodeMessage({ type: "submission", record: note.bytes }),
      encodeMessage({ type: "get", queryId: 3, references: [note.id] }),
    ]
    for (const bytes of stream) for (const byte of bytes) await peer.channel.write(Uint8Array.of(byte))
    expect((await peer.until("queryClosed")).map(({ type }) => type)).toEqual(["helloAck", "submissionResult", "record", "queryClosed"])
  })

  it("may come in one piece, and answers what is complete when the rest is cut off", async () => {
    await using rig = new Rig()
    const peer = rig.dial()
    const messages: Message[] = [
      { type: "hello", version: 0, applications: [] },
      { type: "submission", record: write(ann).bytes },
    ]
    const stream = Buffer.concat([
      ...messages.map(encodeMessage),
      encodeMessage({ type: "submission", record: write(ann).bytes }).subarray(0, 50),
    ])
    await peer.channel.write(stream)
    expect((await peer.until("submissionResult")).map(({ type }) => type)).toEqual(["helloAck", "submissionResult"])
    await peer.channel.close()
    await rig.server.close()
  })

  it("is TOO_LARGE by a length alone, whatever follows", async () => {
    await using rig = new Rig()
    const peer = await rig.connect()
    peer.send({ type: "get", queryId: 1, references: [] })
    peer.sendBytes(Uint8Array.of(0x05, 0xff, 0xff, 0xff))
    expect(await peer.until("closing")).toEqual([{ type: "queryClosed", queryId: 1, result: RESULT.NOT_FOUND }, closing(RESULT.TOO_LARGE)])
    expect(await peer.next()).toBeUndefined()
  })

  it("is TOO_LARGE when a blob is; a smaller one is not recognized, as this server keeps none", async () => {
    await using rig = new Rig()
    const peer = await rig.connect()
    peer.sendBytes(Uint8Array.of(0x07, 0, 5, 0, 0, 0, 0, 0, ...new Uint8Array(32 + 5)))
    peer.sendBytes(Uint8Array.of(0x08, ...new Uint8Array(39)))
    expect([await peer.next(), await peer.next()]).toEqual([{ type: "unrecognized" }, { type: "unrecognized" }])
    expect(await peer.arrived()).toEqual([])
    peer.sendBytes(Uint8Array.of(0x07, 0, 0, 0, 0, 0, 0, 1))
    expect(await peer.next()).toEqual(closing(RESULT.TOO_LARGE))
  })

  it("is INVALID when a message is shorter than its own head", async () => {
    await using rig = new Rig()
    const peer = await rig.connect()
    peer.sendBytes(Uint8Array.of(0x01, 3, 0, 0, 0, 0))
    expect(await peer.next()).toEqual(closing(RESULT.INVALID))
  })

  it("may be garbage: the server says what it has to say and serves others", async () => {
    await using rig = new Rig({ limits: { helloMs: 50, frameMs: 50, writeMs: 200 } })
    const messages = [
      encodeMessage({ type: "subscribe", queryId: 1, limit: 0, filter: { authors: [ann.key] } }),
      encodeMessage({ type: "submission", record: write(ann).bytes }),
      encodeMessage({ type: "query", queryId: 2, limit: 5, filter: {} }),
      encodeMessage({ type: "unsubscribe", queryId: 1 }),
    ]
    const mutated = fc
      .record({ message: fc.constantFrom(...messages), at: fc.nat(), byte: fc.nat(255), cut: fc.boolean() })
      .map(({ message, at, byte, cut }) => {
        const bytes = message.slice(0, cut ? at % message.length : message.length)
        if (bytes.length > 0) bytes[at % bytes.length] = byte
        return bytes
      })
    const chunks = fc.array(fc.oneof(mutated, fc.uint8Array({ maxLength: 60 })), { minLength: 1, maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(fc.boolean(), chunks, async (greets, stream) => {
        const peer = rig.dial()
        if (greets) peer.send({ type: "hello", version: 0, applications: [] })
        for (const bytes of stream) peer.sendBytes(bytes)
        const reader = new FrameReader()
        const reading = (async () => {
          // Whatever comes back can be read.
          for await (const chunk of peer.channel.incoming) for (const frame of reader.push(chunk)) parseMessage(frame.bytes)
        })()
        await new Promise((resolve) => setImmediate(resolve))
        await peer.channel.close()
        await reading
      }),
      { numRuns: 400 },
    )
    const healthy = await rig.connect()
    expect(await healthy.arrived()).toEqual([])
    while (rig.server.stats().connections > 1) await new Promise((resolve) => setTimeout(resolve, 10))
    expect(rig.events.filter(({ type }) => type === "failed")).toEqual([])
  })
})
