import type { EventEmitter } from "node:events"
import { readFileSync, readdirSync, readlinkSync } from "node:fs"
import { setTimeout as delay } from "node:timers/promises"
import { type Socket, connect as connectTcp } from "node:net"
import { type TLSSocket, connect as connectTls } from "node:tls"
import { type Message, type PublicKey, FrameReader, encodeMessage, parseMessage, parseServerKey } from "@tessera/mosaic"
import { type MosaicConnection, connect } from "@tessera/mosaic-client"
import { dialTcp } from "@tessera/mosaic-client/tcp"
import { RawWebSocket } from "./raw-web-socket.ts"
import { Folder, RunningTessera } from "../program/tessera.ts"

/** What others may wait at most while a server is attacked, in milliseconds: a busy machine's own delays are in it. */
export const PATIENCE = 2_500

/** Does something many times, 32 at a time. */
export async function many(count: number, act: (index: number) => Promise<unknown>): Promise<void> {
  const indexes = Array.from({ length: count }, (_, index) => index).values()
  await Promise.all(
    Array.from({ length: 32 }, async () => {
      for (const index of indexes) await act(index)
    }),
  )
}

export const hello = encodeMessage({ type: "hello", version: 0, applications: [0, 1] })

const LOOPBACK = "127.0.0.1"

/** What a name in /proc stands for; nothing when it has gone meanwhile. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ""
  }
}

/** A real `./tessera serve` that is attacked, what it takes in memory, and how long somebody else waits for an answer meanwhile. */
export class Victim implements AsyncDisposable {
  readonly #folder: Folder
  readonly #server: RunningTessera
  readonly #key: PublicKey
  readonly #host: string
  readonly #socketsAtStart: number
  readonly port: number
  readonly webSocketPort: number
  readonly #sockets: Socket[] = []

  private constructor(folder: Folder, server: RunningTessera) {
    this.#folder = folder
    this.#server = server
    this.#key = parseServerKey(String(server.ready["serverKey"]))
    const [tcp = "", webSocket = ""] = server.ready["urls"] as string[]
    this.#host = new URL(tcp).hostname
    this.port = Number(new URL(tcp).port)
    this.webSocketPort = Number(new URL(webSocket).port)
    this.#socketsAtStart = this.#openSockets()
  }

  /**
   * @param heapMiB the most that its heap may hold; the process ends beyond it.
   * @param host where it listens.
   * @param limits as `--limit` takes them: time limits that a test can wait for.
   */
  static async start({
    heapMiB,
    limits = {},
    host = LOOPBACK,
  }: { readonly heapMiB?: number; readonly limits?: Readonly<Record<string, number>>; readonly host?: string } = {}): Promise<Victim> {
    const folder = await Folder.make()
    const listen = ["--listen", `mosaictcp://${host}:0`, "--listen", `mosaicwss://${host}:0`]
    const limit = Object.entries(limits).flatMap(([name, value]) => ["--limit", `${name}=${value}`])
    const words = ["serve", "--data", folder.join("server"), ...listen, ...limit, "--open", "--json"]
    return new Victim(
      folder,
      await RunningTessera.start(words, heapMiB === undefined ? {} : { NODE_OPTIONS: `--max-old-space-size=${heapMiB}` }),
    )
  }

  /** What the process has in memory now, in MiB. */
  get memory(): number {
    const status = readFileSync(`/proc/${this.#server.pid}/status`, "utf8")
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024
  }

  /** How many connections the process holds. */
  get connections(): number {
    return this.#openSockets() - this.#socketsAtStart
  }

  #openSockets(): number {
    const folder = `/proc/${this.#server.pid}/fd`
    return readdirSync(folder).filter((name) => linkOf(`${folder}/${name}`).startsWith("socket:")).length
  }

  /** A connection from one of the addresses of this machine, TLS done. `source` counts addresses: each may have a thousand connections. */
  async dial(source = 1, port = this.port): Promise<TLSSocket> {
    const socket = await this.dialPlain(source, port)
    const tls = connectTls({ socket, rejectUnauthorized: false })
    tls.on("error", () => {})
    await new Promise<void>((resolve, reject) => {
      tls.once("secureConnect", resolve)
      tls.once("close", () => reject(new Error("closed")))
    })
    return tls
  }

  /** As `dial`, over WebSocket: Hello comes as a message. */
  async dialWebSocket(source = 1): Promise<RawWebSocket> {
    return RawWebSocket.open(await this.dial(source, this.webSocketPort))
  }

  /** A connection on which TLS has not begun. */
  async dialPlain(source = 1, port = this.port): Promise<Socket> {
    const from = this.#host === LOOPBACK ? { localAddress: `127.0.0.${source}` } : {}
    const socket = connectTcp({ host: this.#host, port, ...from })
    socket.on("error", () => {})
    this.#sockets.push(socket)
    await new Promise<void>((resolve) => socket.once("connect", resolve))
    return socket
  }

  /** A client of ours. */
  async connect(signal: AbortSignal = AbortSignal.timeout(20_000)): Promise<MosaicConnection> {
    return connect(await dialTcp({ host: this.#host, port: this.port, serverKey: this.#key, signal }), { signal })
  }

  /** How long somebody else waits for the answer to a small question on a new connection, in milliseconds: the longest of several. */
  async waitOfOthers(times = 5): Promise<number> {
    let longest = 0
    const signal = AbortSignal.timeout(20_000)
    for (let time = 0; time < times; time += 1) {
      const start = performance.now()
      await using connection = await this.connect(signal)
      await connection.ping({ signal })
      longest = Math.max(longest, performance.now() - start)
      await delay(20)
    }
    return longest
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await this.#server.end()
    await this.#folder[Symbol.asyncDispose]()
  }
}

/** Reads what a server answers, message by message; undefined when it has closed the connection. */
export function answersOn(socket: EventEmitter): () => Promise<Message | undefined> {
  const reader = new FrameReader()
  const messages: Message[] = []
  let isClosed = false
  let changed = (): void => {}
  socket.on("data", (chunk: Buffer) => {
    for (const frame of reader.push(chunk)) if ("bytes" in frame) messages.push(parseMessage(frame.bytes))
    changed()
  })
  socket.once("close", () => {
    isClosed = true
    changed()
  })
  return async () => {
    while (messages.length === 0 && !isClosed) await new Promise<void>((resolve) => (changed = resolve))
    return messages.shift()
  }
}
