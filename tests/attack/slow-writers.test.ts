import { type Message, RESULT, encodeMessage } from "@tessera/mosaic"
import { type Socket, connect as connectTcp, createServer } from "node:net"
import { connect as connectTls } from "node:tls"
import { setTimeout as delay } from "node:timers/promises"
import { expect, test } from "vitest"
import { OPCODE, frame, upgradeRequest } from "./raw-web-socket.ts"
import { note } from "../program/note.ts"
import { PATIENCE, answersOn, hello, many, Victim } from "./victim.ts"

/** Real ones are half a minute and a minute. */
const LIMIT_MS = 1_000
const limits = { handshakeMs: LIMIT_MS, helloMs: LIMIT_MS, frameMs: LIMIT_MS }
/** How long it may take until all who are slow are gone: a limit is looked at when it is over, and a half message when it was there for a whole one. */
const GONE_MS = 3 * LIMIT_MS + 2_500
const EACH = 15
const TEMPORARY: Message = { type: "closing", result: RESULT.TEMPORARY_ERROR }

const submission = encodeMessage({ type: "submission", record: note(new Uint8Array(50_000)).bytes })

/** The first bytes of any TLS connection, as Node makes them. */
async function clientHello(): Promise<Buffer> {
  const listener = createServer()
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve))
  const address = listener.address()
  if (address === null || typeof address === "string") throw new Error("no port")
  const first = new Promise<Buffer>((resolve) => listener.once("connection", (socket) => socket.once("data", resolve)))
  const tls = connectTls({ socket: connectTcp(address.port, "127.0.0.1"), rejectUnauthorized: false })
  tls.on("error", () => {})
  const bytes = await first
  tls.destroy()
  listener.close()
  return bytes
}

/** Somebody who sends a byte every 50 ms, for as long as there are bytes, and never ends. */
function drip(socket: Pick<Socket, "write" | "once" | "destroyed">, bytes: Uint8Array): Promise<number> {
  const begun = performance.now()
  let at = 0
  const timer = setInterval(() => {
    if (at < bytes.length) socket.write(bytes.subarray(at, at + 1))
    at += 1
  }, 50)
  return new Promise((resolve) =>
    socket.once("close", () => {
      clearInterval(timer)
      resolve(performance.now() - begun)
    }),
  )
}

test("whoever writes byte by byte is gone in time, at every stage of a connection, and learns why where that can be said", async () => {
  await using victim = await Victim.start({ limits })
  const handshake = await clientHello()
  const gone: Promise<number>[] = []
  const closings: Promise<readonly (Message | undefined)[]>[] = []
  const last = async (next: () => Promise<Message | undefined>): Promise<readonly (Message | undefined)[]> => {
    const all: Message[] = []
    for (let message = await next(); message !== undefined; message = await next()) all.push(message)
    return all.slice(-1)
  }
  await many(EACH, async (index) => {
    const source = 1 + (index % 4)
    for (const port of [victim.port, victim.webSocketPort]) {
      gone.push(drip(await victim.dialPlain(source, port), handshake.subarray(0, -1)))
      gone.push(drip(await victim.dialPlain(source, port), new Uint8Array(0)))
    }
    const upgrading = await victim.dial(source, victim.webSocketPort)
    upgrading.resume()
    gone.push(drip(upgrading, Buffer.from(upgradeRequest())))
    for (const [before, bytes] of [
      [new Uint8Array(0), hello.subarray(0, -1)],
      [hello, submission.subarray(0, 3)],
      [Buffer.concat([hello, submission.subarray(0, 30_000)]), submission.subarray(30_000, 30_200)],
    ] as const) {
      const socket = await victim.dial(source)
      closings.push(last(answersOn(socket)))
      socket.write(before)
      gone.push(drip(socket, bytes))
    }
    const greeting = frame(OPCODE.BINARY, hello)
    const pieces = Array.from({ length: 60 }, (_, at) =>
      frame(OPCODE.CONTINUED, submission.subarray(1_000 + at, 1_001 + at), { isLast: false }),
    )
    const begun = (length: number): Buffer =>
      Buffer.concat([greeting, frame(OPCODE.BINARY, submission.subarray(0, length), { isLast: false })])
    for (const [before, bytes] of [
      [new Uint8Array(0), greeting.subarray(0, -1)],
      [greeting, frame(OPCODE.BINARY, submission).subarray(0, 11)],
      [Buffer.concat([greeting, frame(OPCODE.BINARY, submission).subarray(0, 30_000)]), submission.subarray(30_000, 30_200)],
      [begun(1_000), Buffer.concat(pieces)],
      [begun(9_000), frame(OPCODE.PING, hello)],
    ] as const) {
      const webSocket = await victim.dialWebSocket(source)
      closings.push(last(answersOn(webSocket)))
      webSocket.socket.write(before)
      gone.push(drip(webSocket.socket, bytes))
    }
  })
  expect(await victim.waitOfOthers()).toBeLessThan(PATIENCE)
  const all = Promise.all(gone)
  expect(await Promise.race([all, delay(GONE_MS + LIMIT_MS, "somebody is still there")])).toBeInstanceOf(Array)
  for (const took of await all) expect(took).toBeLessThan(GONE_MS)
  for (const [message] of await Promise.all(closings)) expect(message).toEqual(TEMPORARY)
  expect(victim.memory).toBeLessThan(300)
})

test("half messages over WebSocket count as over TCP: all together cost what the bounds allow, in one frame or in many", async () => {
  await using victim = await Victim.start({ heapMiB: 512, limits: { heldBytes: 96 * 1024 * 1024 } })
  const bytes = encodeMessage({ type: "submission", record: note(new Uint8Array(1_000_000)).bytes })
  const [half, piece] = [
    frame(OPCODE.BINARY, bytes).subarray(0, 900_000),
    frame(OPCODE.BINARY, bytes.subarray(0, 900_000), { isLast: false }),
  ]
  const told: (Message | undefined)[] = []
  await many(300, async (index) => {
    const webSocket = await victim.dialWebSocket(1 + (index % 4))
    webSocket.write(hello)
    const answers = answersOn(webSocket)
    void (async () => {
      for (let answer = await answers(); answer !== undefined; answer = await answers()) if (answer.type === "closing") told.push(answer)
    })()
    webSocket.socket.write(index % 2 === 0 ? half : piece)
  })
  await delay(500)
  expect(await victim.waitOfOthers()).toBeLessThan(PATIENCE)
  // What is held is 96 MiB; what was let go the system gets back when the heap, of which it may have 512 MiB, is cleaned.
  expect(victim.memory).toBeLessThan(560)
  expect(told.length).toBeGreaterThan(150)
  for (const message of told) expect(message).toEqual(TEMPORARY)
})

test("pings without end, and answers that nobody reads, are not gathered", async () => {
  await using victim = await Victim.start()
  const before = victim.memory
  const pings = Buffer.concat(Array.from({ length: 5_000 }, () => frame(OPCODE.PING, new Uint8Array(125))))
  await many(30, async (index) => {
    const { socket } = await victim.dialWebSocket(1 + (index % 4))
    socket.pause()
    for (let times = 0; times < 5; times += 1) socket.write(pings)
  })
  await delay(1_000)
  expect(await victim.waitOfOthers()).toBeLessThan(PATIENCE)
  // 94 MiB of pings were sent, three quarters of a million.
  expect(victim.memory - before).toBeLessThan(120)
  const polite = await victim.dialWebSocket()
  const ponged = new Promise((resolve) => polite.once("pong", resolve))
  polite.socket.write(frame(OPCODE.PING, Uint8Array.of(1, 2, 3)))
  expect(await ponged).toEqual(Buffer.of(1, 2, 3))
})

test("whoever is refused an upgrade is gone soon, though they keep their half of the connection open", async () => {
  await using victim = await Victim.start()
  const socket = await victim.dial(1, victim.webSocketPort)
  socket.allowHalfOpen = true
  socket.resume()
  const closed = new Promise((resolve) => socket.once("close", resolve))
  const drips = setInterval(() => socket.write("x"), 500)
  socket.write(upgradeRequest().replace("mosaic2025", "mosaic1999"))
  expect(await Promise.race([closed.then(() => "gone"), delay(5_000, "still there")])).toBe("gone")
  clearInterval(drips)
})
