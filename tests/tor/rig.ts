import { mkdtemp, readFile, readdir, rm } from "node:fs/promises"
import { type Server, type Socket, createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Duplex } from "node:stream"
import { type SecretKey, parseSecretKey } from "@tessera/mosaic"
import { type DialResult, type OnionService, type TorProvider, type TorStatus, startTor } from "@tessera/node/tor"
import { findTorPrograms } from "@tessera/testkit/tor"
import { torNetwork } from "./network.ts"

/** A key that no other test has. */
export const freshKey = (): SecretKey => parseSecretKey(crypto.getRandomValues(new Uint8Array(32)))

/** A folder that is gone afterwards. */
export class Folder implements AsyncDisposable {
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  static async make(): Promise<Folder> {
    return new Folder(await mkdtemp(join(tmpdir(), "tessera-tor-")))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true })
  }
}

/** Somebody with a tor of their own in the private network of this run. */
export class Party implements AsyncDisposable {
  readonly tor: TorProvider
  /** What tor said, and what went wrong with it. */
  readonly log: string[]
  readonly folder: string
  readonly #folder: Folder

  private constructor(folder: Folder, tor: TorProvider, log: string[]) {
    this.#folder = folder
    this.folder = folder.path
    this.tor = tor
    this.log = log
  }

  static async start(extra: readonly string[] = []): Promise<Party> {
    const lines = [...(await torNetwork()), ...extra]
    const folder = await Folder.make()
    const log: string[] = []
    const path = findTorPrograms()?.tor ?? ""
    return new Party(folder, startTor({ folder: join(folder.path, "tor"), path, extra: lines, onLog: (line) => log.push(line) }), log)
  }

  async dial(service: Pick<OnionService, "address">, timeoutMs = 60_000): Promise<DialResult> {
    return this.tor.dial({ host: service.address, port: 80, isolation: "test", signal: AbortSignal.timeout(timeoutMs) })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.tor[Symbol.asyncDispose]()
    await this.#folder[Symbol.asyncDispose]()
  }
}

/** Listens on a Unix socket and sends everything back. */
export class Echo implements AsyncDisposable {
  readonly target: { readonly path: string }
  readonly sockets = new Set<Socket>()
  readonly #server: Server
  readonly #folder: Folder

  private constructor(folder: Folder) {
    this.#folder = folder
    this.target = { path: join(folder.path, "echo") }
    this.#server = createServer((socket) => {
      this.sockets.add(socket)
      socket.on("error", () => {})
      socket.on("close", () => this.sockets.delete(socket))
      socket.pipe(socket)
    })
  }

  static async start(): Promise<Echo> {
    const echo = new Echo(await Folder.make())
    await new Promise<void>((resolve) => echo.#server.listen(echo.target.path, resolve))
    return echo
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
    await this.#folder[Symbol.asyncDispose]()
  }
}

/** The stream of a dial that must succeed. */
export function streamOf(result: DialResult): Duplex {
  if (!result.ok) throw new Error(`${result.code}: ${result.reason}`)
  result.stream.on("error", () => {})
  return result.stream
}

/** Sends bytes and reads as many back. @throws {Error} when the stream ends before. */
export async function echoed(stream: Duplex, bytes: Uint8Array): Promise<Buffer> {
  const back: Buffer[] = []
  let length = 0
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const take = (chunk: Buffer): void => {
    back.push(chunk)
    length += chunk.length
    if (length >= bytes.length) resolve()
  }
  const close = (): void => reject(new Error("the stream ended"))
  stream.on("data", take)
  stream.once("close", close)
  stream.write(bytes)
  try {
    await promise
  } finally {
    stream.off("data", take)
    stream.off("close", close)
  }
  return Buffer.concat(back)
}

/** Waits for a status. @throws the signal's reason when it does not come. */
export async function statusOf(tor: TorProvider, is: (status: TorStatus) => boolean, timeoutMs = 60_000): Promise<TorStatus> {
  const signal = AbortSignal.timeout(timeoutMs)
  const { promise, resolve, reject } = Promise.withResolvers<TorStatus>()
  const stop = tor.onStatus((status) => {
    if (is(status)) resolve(status)
  })
  signal.addEventListener("abort", () => reject(new Error(`still ${JSON.stringify(tor.status)}`)), { once: true })
  if (is(tor.status)) resolve(tor.status)
  try {
    return await promise
  } finally {
    stop()
  }
}

/** The process of the tor that works in a folder; `undefined` while there is none. */
export async function torProcessIn(folder: string): Promise<number | undefined> {
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/u.test(name)) continue
    // Processes end while we look.
    const words = await readFile(`/proc/${name}/cmdline`, "utf8").catch(() => "")
    if (words.includes(`${folder}/`)) return Number(name)
  }
  return undefined
}

/** Kills it as a crash would. */
export async function killTor(folder: string): Promise<void> {
  const pid = await torProcessIn(folder)
  if (pid === undefined) throw new Error("there is no tor to kill")
  process.kill(pid, "SIGKILL")
}
