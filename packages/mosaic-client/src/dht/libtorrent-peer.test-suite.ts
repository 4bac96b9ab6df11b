import { type ChildProcessByStdio, spawn } from "node:child_process"
import { createInterface } from "node:readline"
import type { Readable, Writable } from "node:stream"
import { fileURLToPath } from "node:url"

/** Debian's, as its package for libtorrent is; `npm test` installs it. */
const PYTHON = process.env["PYTHON_PATH"] ?? "/usr/bin/python3"
const PEER = fileURLToPath(new URL("../../test/libtorrent-peer.py", import.meta.url))

/** Another implementation of BEP 44, in a program of its own. */
export class LibtorrentPeer implements Disposable {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>
  readonly #lines: AsyncIterator<string>

  private constructor(entryPort: number) {
    this.#process = spawn(PYTHON, [PEER, String(entryPort)], { stdio: ["pipe", "pipe", "inherit"] })
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]()
  }

  /** Joins the DHT that this port of the machine belongs to. */
  static async start(entryPort: number): Promise<LibtorrentPeer> {
    const peer = new LibtorrentPeer(entryPort)
    await peer.#answer()
    return peer
  }

  async #answer(): Promise<Record<string, unknown>> {
    const { value, done } = await this.#lines.next()
    if (done === true) throw new Error("libtorrent's program has ended: is python3-libtorrent there?")
    return JSON.parse(value) as Record<string, unknown>
  }

  ask(command: Record<string, unknown>): Promise<Record<string, unknown>> {
    this.#process.stdin.write(`${JSON.stringify(command)}\n`)
    return this.#answer()
  }

  [Symbol.dispose](): void {
    this.#process.kill()
  }
}
