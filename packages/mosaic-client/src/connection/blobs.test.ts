import { setTimeout as delay } from "node:timers/promises"
import {
  type BlobHash,
  type ByteChannel,
  type Message,
  FrameReader,
  RESULT,
  concatBytes,
  encodeMessage,
  hashBlob,
  isBlobPiece,
  parseMessage,
  parseSecretKey,
  publicKeyOf,
  timestampFromUnixMillis,
  toHex,
} from "@tessera/mosaic"
import {
  type BlobStore,
  type ServerOptions,
  channelPair,
  createServer,
  openMemoryBlobs,
  openMemoryStore,
  rolesPolicy,
} from "@tessera/mosaic-server"
import { listenTcp } from "@tessera/mosaic-server/tcp"
import { listenWebSocket } from "@tessera/mosaic-server/websocket"
import { describe, expect, it } from "vitest"
import { BlobMismatchError, BlobRefusedError, BlobTooLargeError, ConnectionClosedError, SlowConsumerError } from "../errors.ts"
import { dialBrowser } from "../transport/browser.ts"
import { dialTcp } from "../transport/tcp.ts"
import { dialWebSocket } from "../transport/websocket.ts"
import { connect } from "./connection.ts"
import type { ConnectOptions, MosaicConnection } from "./mosaic-connection.ts"

const MIB = 1024 * 1024
const home = parseSecretKey(new Uint8Array(32).fill(200))
const serverKey = publicKeyOf(home)
const now = () => timestampFromUnixMillis(Date.now())

function contentOf(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at += 1) bytes[at] = (at * 31 + (at >> 8) * seed + seed) & 0xff
  return bytes
}

async function gather(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  return toHex(await hashBlob(concatBytes(...(await Array.fromAsync(pieces)))))
}

function* inPieces(content: Uint8Array, length = 50_000): Generator<Uint8Array> {
  for (let at = 0; at < content.length; at += length) yield content.subarray(at, at + length)
}

const outgoing = async (content: Uint8Array) => ({ hash: await hashBlob(content), length: content.length, content: inPieces(content) })

interface World {
  readonly blobs: BlobStore
  readonly dial: () => Promise<ByteChannel>
}

async function withServer(transport: Transport, act: (world: World) => Promise<void>, options: Partial<ServerOptions> = {}): Promise<void> {
  await using store = openMemoryStore({ now })
  const blobs = openMemoryBlobs()
  const policy = rolesPolicy({ roles: new Set(["outbox"]), members: "everybody" })
  await using server = createServer({ store, blobs, serverKey, policy, now, ...options })
  const place = { server, secretKey: home, host: "127.0.0.1", port: 0 }
  const listener = await (transport === "tcp"
    ? listenTcp(place)
    : listenWebSocket({ ...place, tls: transport === "tls" ? "selfSigned" : "proxy" }))
  const address = `127.0.0.1:${listener.port}`
  const dial = {
    tcp: () => dialTcp({ host: "127.0.0.1", port: listener.port, serverKey }),
    tls: () => dialWebSocket({ url: `wss://${address}/`, serverKey }),
    proxy: () => dialWebSocket({ url: `ws://${address}/`, serverKey }),
    page: () => dialBrowser({ url: `ws://${address}/`, serverKey }),
  }[transport]
  try {
    await act({ blobs, dial })
  } finally {
    await server.close()
    await listener.close()
  }
}

const TRANSPORTS = ["tcp", "tls", "proxy", "page"] as const
type Transport = (typeof TRANSPORTS)[number]

describe.each(TRANSPORTS)("over %s, a blob", (transport) => {
  it("goes up and comes down whole, whatever its length, and others after it", async () => {
    await withServer(transport, async ({ dial }) => {
      await using connection = await connect(await dial())
      for (const length of [0, 1, 65_536, 1_500_000, 12 * MIB]) {
        const blob = await outgoing(contentOf(length, length))
        expect(await connection.submitBlob(blob)).toEqual({ code: RESULT.ACCEPTED })
        expect(await gather(connection.getBlob(blob.hash))).toBe(toHex(blob.hash))
      }
      expect(await connection.submitBlob(await outgoing(contentOf(1, 1)))).toEqual({ code: RESULT.DUPLICATE })
      await connection.ping()
    })
  })

  it("is asked for with others at once, each answered with its own", async () => {
    await withServer(transport, async ({ dial }) => {
      await using connection = await connect(await dial())
      const blobs = await Promise.all(Array.from({ length: 12 }, (_, seed) => outgoing(contentOf(30_000 + seed, seed))))
      await Promise.all([...blobs.map((blob) => connection.submitBlob(blob)), connection.ping()])
      const asked = [...blobs, ...blobs]
      const got = await Promise.all(asked.map(({ hash }) => gather(connection.getBlob(hash))))
      expect(got).toEqual(asked.map(({ hash }) => toHex(hash)))
    })
  })

  it("is refused, or not there, with a code", async () => {
    const limits = { blobBytes: 1_000, skippedBlobBytes: 100_000 }
    await withServer(
      transport,
      async ({ dial }) => {
        await using connection = await connect(await dial())
        expect(await connection.submitBlob(await outgoing(contentOf(50_000)))).toEqual({ code: RESULT.TOO_LARGE })
        const blob = await outgoing(contentOf(1_000))
        expect(await connection.submitBlob({ ...blob, hash: await hashBlob(contentOf(1)) })).toEqual({ code: RESULT.INVALID })
        await expect(gather(connection.getBlob(blob.hash))).rejects.toMatchObject({ name: "BlobRefusedError", code: RESULT.NOT_FOUND })
        // More than the server throws away: it answers, and closes.
        expect(await connection.submitBlob(await outgoing(contentOf(900_000)))).toEqual({ code: RESULT.TOO_LARGE })
        expect((await connection.closed).code).toBe(RESULT.TOO_LARGE)
      },
      { limits },
    )
  })
})

describe("a blob that is sent", () => {
  it("ends the connection, and nothing of it stays, when it is aborted, fails or is short in the middle", async () => {
    const content = contentOf(4 * MIB)
    const hash = await hashBlob(content)
    const endings: Readonly<Record<string, (abort: () => void) => AsyncGenerator<Uint8Array>>> = {
      async *"the reader was tired"(abort) {
        yield content.subarray(0, MIB)
        abort()
        await delay(60_000, undefined, { ref: false })
      },
      async *"the disk is gone"() {
        yield content.subarray(0, MIB)
        throw new Error("the disk is gone")
      },
      async *"content: 1048576 bytes instead of 4194304"() {
        yield content.subarray(0, MIB)
      },
    }
    await withServer("tcp", async ({ dial, blobs }) => {
      for (const [reason, ending] of Object.entries(endings)) {
        await using connection = await connect(await dial())
        const abort = new AbortController()
        const blob = { hash, length: 4 * MIB, content: ending(() => abort.abort(new Error(reason))) }
        await expect(connection.submitBlob(blob, { signal: abort.signal })).rejects.toThrow(reason)
        expect((await connection.closed).reason).toBe("a blob was not sent to its end")
        while (blobs.usage().reserved > 0) await delay(5)
        expect(blobs.usage().blobs).toBe(0)
      }
    })
  })

  it("is not sent beyond its length, and the connection goes on", async () => {
    await withServer("tcp", async ({ dial, blobs }) => {
      await using connection = await connect(await dial())
      const content = contentOf(100)
      const hash = await hashBlob(content)
      await expect(connection.submitBlob({ hash, length: 100, content: [content, content] })).rejects.toThrow(RangeError)
      expect(await gather(connection.getBlob(hash))).toBe(toHex(hash))
      expect(blobs.usage().blobs).toBe(1)
    })
  })

  it("lets queries wait until it has gone, and the server's answers in", async () => {
    await withServer("tcp", async ({ dial }) => {
      await using connection = await connect(await dial())
      const content = contentOf(300_000)
      const order: string[] = []
      const go = Promise.withResolvers<void>()
      const slow = (async function* () {
        yield content.subarray(0, 100_000)
        await go.promise
        order.push("sent")
        yield content.subarray(100_000)
      })()
      const submitting = connection.submitBlob({ hash: await hashBlob(content), length: content.length, content: slow })
      const pinging = connection.ping().then(() => order.push("ping"))
      await delay(50)
      go.resolve()
      await Promise.all([submitting, pinging])
      expect(order).toEqual(["sent", "ping"])
    })
  })
})

/** A server that says Hello Ack, and then what a test wants in answer to each message. */
async function withLiar(
  answer: (message: Message) => readonly Uint8Array[],
  options: ConnectOptions,
  act: (connection: MosaicConnection) => Promise<void>,
): Promise<void> {
  const [client, server] = channelPair()
  const serving = (async () => {
    const reader = new FrameReader()
    for await (const chunk of server.incoming) {
      for (const part of reader.push(chunk)) {
        if (isBlobPiece(part)) continue
        const message = parseMessage(part.bytes)
        if (message.type === "hello")
          await server.write(encodeMessage({ type: "helloAck", result: RESULT.SUCCESS, version: 0, applications: [] }))
        else if (message.type === "get")
          await server.write(encodeMessage({ type: "queryClosed", queryId: message.queryId, result: RESULT.NOT_FOUND }))
        else for (const bytes of answer(message)) await server.write(bytes)
      }
    }
  })().catch(() => {})
  {
    await using connection = await connect(client, options)
    await act(connection)
  }
  await server.close()
  await serving
}

const result = (hash: Uint8Array, length: number): Uint8Array => encodeMessage({ type: "blobResult", result: RESULT.SUCCESS, length, hash })

describe("a server that", () => {
  const content = contentOf(200_000)

  it("gives another blob is told from one that does not, before the last piece is handed out", async () => {
    const hash = await hashBlob(content)
    const faults: string[] = []
    const other = content.with(150_000, 1 ^ (content[150_000] ?? 0))
    const onMisbehaviour = (_: string, fault: string): void => void faults.push(fault)
    await withLiar(
      () => [result(hash, content.length), ...inPieces(other)],
      { onMisbehaviour },
      async (connection) => {
        let got = 0
        const reading = (async () => {
          for await (const piece of connection.getBlob(hash)) got += piece.length
        })()
        await expect(reading).rejects.toThrow(BlobMismatchError)
        expect(got).toBeLessThan(content.length)
        expect(faults).toEqual(["forged"])
        await connection.ping()
      },
    )
  })

  it("gives what nobody asked for is passed over; endlessly, it is left", async () => {
    const hash = await hashBlob(content)
    const faults: string[] = []
    const onMisbehaviour = (_: string, fault: string): void => void faults.push(fault)
    const answers = [result(await hashBlob(contentOf(1)), 1_000), contentOf(1_000), result(hash, content.length), content]
    await withLiar(
      () => answers,
      { onMisbehaviour },
      async (connection) => {
        expect(await gather(connection.getBlob(hash))).toBe(toHex(hash))
        expect(faults).toEqual(["notAskedFor"])
      },
    )
    await withLiar(
      () => [result(hash, 2 ** 48 - 1), content],
      {},
      async (connection) => {
        await expect(gather(connection.getBlob(hash))).rejects.toThrow(BlobTooLargeError)
        await connection.closed
      },
    )
  })

  it("gives more than was allowed is not read, and the connection goes on", async () => {
    const hash = await hashBlob(content)
    await withLiar(
      () => [result(hash, content.length), content],
      {},
      async (connection) => {
        await expect(gather(connection.getBlob(hash, { maxBytes: content.length - 1 }))).rejects.toThrow(BlobTooLargeError)
        await connection.ping()
        expect(await gather(connection.getBlob(hash, { maxBytes: content.length }))).toBe(toHex(hash))
      },
    )
  })

  it("stops in the middle is waited for so long and no longer; closes there, it is told", async () => {
    const hash = await hashBlob(content)
    await withLiar(
      () => [result(hash, content.length), content.subarray(0, 1_000)],
      { limits: { requestMs: 50 } },
      async (connection) => {
        await expect(gather(connection.getBlob(hash))).rejects.toMatchObject({ name: "RequestTimeoutError" })
      },
    )
    const [client, server] = channelPair()
    const connecting = connect(client)
    await server.write(concatBytes(encodeMessage({ type: "helloAck", result: RESULT.SUCCESS, version: 0, applications: [] })))
    await using connection = await connecting
    const reading = gather(connection.getBlob(hash))
    reading.catch(() => {})
    await server.write(concatBytes(result(hash, content.length), content.subarray(0, 1_000)))
    await delay(20)
    await server.close()
    await expect(reading).rejects.toThrow(ConnectionClosedError)
  })

  it("is slow, but goes on, is waited for, and so are the answers behind the blob", async () => {
    const hash = await hashBlob(content)
    const [client, server] = channelPair()
    const connecting = connect(client, { limits: { requestMs: 60 } })
    await server.write(encodeMessage({ type: "helloAck", result: RESULT.SUCCESS, version: 0, applications: [] }))
    await using connection = await connecting
    const reading = gather(connection.getBlob(hash))
    await delay(10)
    const pinging = connection.ping()
    await server.write(result(hash, content.length))
    for (const piece of inPieces(content, 20_000)) {
      await server.write(piece)
      await delay(20)
    }
    await server.write(encodeMessage({ type: "queryClosed", queryId: 1, result: RESULT.NOT_FOUND }))
    expect(await reading).toBe(toHex(hash))
    await pinging
  })
})

describe("whoever gets a blob and", () => {
  const content = contentOf(2 * MIB)

  async function withBlob(
    act: (connection: MosaicConnection, hash: BlobHash) => Promise<void>,
    options: ConnectOptions = {},
  ): Promise<void> {
    await withServer("tcp", async ({ dial }) => {
      await using connection = await connect(await dial(), options)
      const blob = await outgoing(content)
      await connection.submitBlob(blob)
      await act(connection, blob.hash)
      // The rest was thrown away, and all goes on.
      expect(await gather(connection.getBlob(blob.hash))).toBe(toHex(blob.hash))
    })
  }

  it("leaves, or aborts, gets no more of it", async () => {
    await withBlob(async (connection, hash) => {
      for await (const piece of connection.getBlob(hash)) {
        expect(piece.length).toBeGreaterThan(0)
        break
      }
      const abort = new AbortController()
      const reading = (async () => {
        for await (const _ of connection.getBlob(hash, { signal: abort.signal })) abort.abort(new Error("enough"))
      })()
      await expect(reading).rejects.toThrow("enough")
      await expect(gather(connection.getBlob(hash, { signal: AbortSignal.abort(new Error("before")) }))).rejects.toThrow("before")
    })
  })

  it("does not take it loses it, so that others can go on", async () => {
    await withBlob(
      async (connection, hash) => {
        const pieces = connection.getBlob(hash)[Symbol.asyncIterator]()
        await pieces.next()
        await connection.ping()
        const rest = (async () => {
          while ((await pieces.next()).done !== true);
        })()
        await expect(rest).rejects.toThrow(SlowConsumerError)
      },
      { limits: { stallMs: 50 } },
    )
  })

  it("asks a server without blobs is told at once", async () => {
    await withLiar(
      () => [encodeMessage({ type: "unrecognized" })],
      {},
      async (connection) => {
        const blob = await outgoing(content)
        await expect(gather(connection.getBlob(blob.hash))).rejects.toMatchObject({ code: RESULT.UNDEFINED })
        expect(await connection.submitBlob(blob)).toEqual({ code: RESULT.UNDEFINED })
      },
    )
  })

  it("asks when the connection has ended is told", async () => {
    await withServer("tcp", async ({ dial }) => {
      const connection = await connect(await dial())
      await connection[Symbol.asyncDispose]()
      const blob = await outgoing(content)
      await expect(gather(connection.getBlob(blob.hash))).rejects.toThrow(ConnectionClosedError)
      await expect(connection.submitBlob(blob)).rejects.toThrow(ConnectionClosedError)
      expect(new BlobRefusedError(RESULT.NOT_FOUND).message).toBe("the server gives no blob: NOT_FOUND")
    })
  })
})
