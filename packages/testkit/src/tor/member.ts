import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"

interface MemberOptions {
  readonly tor: string
  readonly folder: string
  readonly emptyFile: string
  readonly lines: readonly string[]
}

/** One tor of a private network. It ends with this process, however that ends (tor looks every 15 seconds). */
export class TorMember implements AsyncDisposable {
  readonly #process: ChildProcess
  readonly #log: string

  private constructor(process: ChildProcess, log: string) {
    this.#process = process
    this.#log = log
  }

  /** @param options.folder exists, with mode 0700. */
  static async start({ tor, folder, emptyFile, lines }: MemberOptions): Promise<TorMember> {
    const torrc = join(folder, "torrc")
    const log = join(folder, "notice.log")
    const common = [
      "TestingTorNetwork 1",
      `DataDirectory ${folder}`,
      "Address 127.0.0.1",
      "SocksPort 0",
      "AssumeReachable 1",
      "ExitRelay 0",
    ]
    const life = [`__OwningControllerProcess ${process.pid}`, "ShutdownWaitLength 0", `Log notice file ${log}`]
    await writeFile(torrc, [...common, ...life, ...lines, ""].join("\n"))
    const child = spawn(tor, ["--quiet", "-f", torrc, "--defaults-torrc", emptyFile], { stdio: "ignore" })
    await once(child, "spawn")
    return new TorMember(child, log)
  }

  /** What it has logged so far. */
  async log(): Promise<string> {
    return readFile(this.#log, "utf8").catch(() => "")
  }

  get hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.hasEnded) return
    const ended = once(this.#process, "exit")
    this.#process.kill("SIGKILL")
    await ended
  }
}
