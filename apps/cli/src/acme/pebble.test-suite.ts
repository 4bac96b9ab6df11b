import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { connect, createServer, type AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { fileURLToPath } from "node:url"

const file = (name: string): string => fileURLToPath(new URL(`../../../../tests/page/${name}`, import.meta.url))
/** Signs Pebble's own certificate; programs that talk to it have to trust it. */
export const PEBBLE_CA_FILE = file("certificate.pem")

export interface PebbleOptions {
  /** Where it looks for whoever asks for a certificate, at `localhost`. */
  readonly tlsPort: number
  /** How long certificates hold, in seconds. */
  readonly seconds?: number
  /** Its own port; a free one when not given. */
  readonly port?: number
}

/** Debian's Pebble: an authority for tests, by the authors of Let's Encrypt, at an address of this machine alone. */
export class Pebble implements AsyncDisposable {
  readonly port: number
  readonly #folder: string
  readonly #child: ChildProcess
  readonly #log: string[] = []

  private constructor(port: number, folder: string, child: ChildProcess) {
    this.port = port
    this.#folder = folder
    this.#child = child
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (bytes: Buffer) => this.#log.push(bytes.toString()))
  }

  static async start({ tlsPort, seconds = 86_400, port }: PebbleOptions): Promise<Pebble> {
    const [own, management] = [port ?? (await freePort()), await freePort()]
    const folder = await mkdtemp(join(tmpdir(), "tessera-pebble-"))
    const config = {
      pebble: {
        listenAddress: `127.0.0.1:${own}`,
        managementListenAddress: `127.0.0.1:${management}`,
        certificate: PEBBLE_CA_FILE,
        privateKey: file("certificate-key.pem"),
        httpPort: 1,
        tlsPort,
        ocspResponderURL: "",
        externalAccountBindingRequired: false,
        certificateValidityPeriod: seconds,
      },
    }
    await writeFile(join(folder, "config.json"), JSON.stringify(config))
    const child = spawn(process.env["PEBBLE_PATH"] ?? "/usr/bin/pebble", ["-config", join(folder, "config.json")], {
      env: { ...process.env, PEBBLE_VA_NOSLEEP: "1" },
    })
    const pebble = new Pebble(own, folder, child)
    await pebble.#listening()
    return pebble
  }

  get directory(): string {
    return `https://127.0.0.1:${this.port}/dir`
  }

  get log(): string {
    return this.#log.join("")
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.kill()) await once(this.#child, "exit")
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #listening(): Promise<void> {
    let failure: unknown
    this.#child.once("error", (error) => (failure = error))
    for (let attempt = 0; attempt < 100; attempt += 1) {
      if (failure !== undefined) throw new Error("Pebble is not installed (Debian: the package `pebble`).", { cause: failure })
      if (await isOpen(this.port)) return
      await delay(50)
    }
    throw new Error(`Pebble does not listen: ${this.log}`)
  }
}

const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.end(() => resolve(true)))
    socket.on("error", () => resolve(false))
  })

/** A port that was free just now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, "close")
  return port
}
