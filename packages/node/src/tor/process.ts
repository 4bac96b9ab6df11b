import { type ChildProcessByStdio, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdir, readFile, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { createInterface } from "node:readline"
import type { Readable, Writable } from "node:stream"
import { setTimeout as delay } from "node:timers/promises"
import { ControlClient } from "./control/client.ts"
import { parseWords } from "./control/words.ts"
import { scrubLogLine } from "./log-line.ts"
import type { LocalPlace } from "./place.ts"
import { makeRunFolder, removeOldRuns } from "./run-folder.ts"
import { type TorrcOptions, torrc } from "./torrc.ts"

export interface LaunchOptions extends Pick<TorrcOptions, "bridges" | "transports" | "extra"> {
  readonly program: string
  /** Exists, for this user alone. */
  readonly folder: string
  readonly onEvent: (line: string) => void
  readonly onLog: (line: string) => void
  readonly signal: AbortSignal
}

/** Tor did not come up. */
export class LaunchError extends Error {
  override readonly name = "LaunchError"
}

type Child = ChildProcessByStdio<Writable, Readable, null>

const EVENTS = "SETEVENTS STATUS_CLIENT STATUS_GENERAL HS_DESC NETWORK_LIVENESS"
/** A busy machine may take seconds to start a program. */
const START_MS = 30_000
const POLL_MS = 20
const END_MS = 3_000
const COOKIE_BYTES = 32
const hasUnixSockets = process.platform !== "win32"

/** A tor of ours that runs and takes commands. It ends when this is disposed, when the control connection breaks, and when this process ends. */
export class TorProcess implements AsyncDisposable {
  readonly control: ControlClient
  readonly socks: LocalPlace
  /** Resolves when tor has ended, for whatever reason. */
  readonly ended: Promise<void>
  readonly #child: Child
  readonly #runFolder: string

  private constructor(child: Child, ended: Promise<void>, control: ControlClient, socks: LocalPlace, runFolder: string) {
    this.#child = child
    this.ended = ended
    this.control = control
    this.socks = socks
    this.#runFolder = runFolder
  }

  /**
   * Starts tor; resolves when it takes commands, long before it has found into its network.
   * @throws {LaunchError} when it ends instead, or does not get there in time.
   */
  static async launch(options: LaunchOptions): Promise<TorProcess> {
    await removeOldRuns(options.folder)
    const runFolder = await makeRunFolder(options.folder)
    const child = await spawnTor(options, runFolder)
    const ended = once(child, "exit").then(() => undefined)
    const stop = new AbortController()
    void ended.then(() => stop.abort(new LaunchError("tor ended")))
    const limit = AbortSignal.timeout(START_MS)
    const signal = AbortSignal.any([options.signal, stop.signal, limit])
    try {
      const cookie = await readCookie(join(runFolder, "cookie"), signal)
      const control = await connectControl({ runFolder, cookie, onEvent: options.onEvent, signal })
      const socks = await own(control, runFolder)
      return new TorProcess(child, ended, control, socks, runFolder)
    } catch (error) {
      await end(child, ended)
      await rm(runFolder, { recursive: true, force: true })
      options.signal.throwIfAborted()
      throw new LaunchError("tor did not come up", { cause: error })
    }
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.control[Symbol.dispose]()
    await end(this.#child, this.ended)
    await rm(this.#runFolder, { recursive: true, force: true })
  }
}

async function spawnTor(options: LaunchOptions, runFolder: string): Promise<Child> {
  const dataFolder = join(options.folder, "data")
  await mkdir(dataFolder, { recursive: true, mode: 0o700 })
  const defaults = join(runFolder, "defaults")
  await writeFile(defaults, "")
  const configuration = torrc({
    dataFolder,
    cookieFile: join(runFolder, "cookie"),
    listen: hasUnixSockets
      ? { socksPath: join(runFolder, "socks"), controlPath: join(runFolder, "control") }
      : { controlPortFile: join(runFolder, "control-port") },
    ownerPid: process.pid,
    bridges: options.bridges,
    transports: options.transports,
    extra: options.extra,
  })
  const child = spawn(options.program, ["-f", "-", "--defaults-torrc", defaults], {
    stdio: ["pipe", "pipe", "ignore"],
    // In a group of its own: Ctrl+C is for us, and tor is still there while we say good-bye through it.
    detached: hasUnixSockets,
    windowsHide: true,
  })
  child.stdin.on("error", () => {})
  createInterface({ input: child.stdout }).on("line", (line) => options.onLog(scrubLogLine(line)))
  await once(child, "spawn")
  child.stdin.end(configuration)
  return child
}

/** Tor makes the file before it writes into it. */
async function readCookie(path: string, signal: AbortSignal): Promise<Uint8Array> {
  return until(signal, async () => {
    const bytes = await readFile(path)
    return bytes.length === COOKIE_BYTES ? bytes : undefined
  })
}

interface ConnectOptions {
  readonly runFolder: string
  readonly cookie: Uint8Array
  readonly onEvent: (line: string) => void
  readonly signal: AbortSignal
}

async function connectControl({ runFolder, ...options }: ConnectOptions): Promise<ControlClient> {
  return until(options.signal, async () => {
    const place = hasUnixSockets ? { path: join(runFolder, "control") } : await readPort(join(runFolder, "control-port"))
    return place === undefined ? undefined : await ControlClient.connect({ ...options, place })
  })
}

async function readPort(file: string): Promise<LocalPlace | undefined> {
  const port = /^PORT=127\.0\.0\.1:(\d{1,5})$/mu.exec(await readFile(file, "utf8"))?.[1]
  return port === undefined ? undefined : { port: Number(port) }
}

/** Tries until there is a value: what tor makes is not there at once. */
async function until<T>(signal: AbortSignal, attempt: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    signal.throwIfAborted()
    const value = await attempt().catch(() => undefined)
    if (value !== undefined) return value
    await delay(POLL_MS, undefined, { signal }).catch(() => signal.throwIfAborted())
  }
}

/** From now on tor ends as soon as the control connection does; and it tells us what happens to it. */
async function own(control: ControlClient, runFolder: string): Promise<LocalPlace> {
  for (const command of ["TAKEOWNERSHIP", EVENTS]) {
    const { status } = await control.command(command)
    if (status !== 250) throw new LaunchError(`tor refuses ${command}: ${status}`)
  }
  if (hasUnixSockets) return { path: join(runFolder, "socks") }
  const { lines } = await control.command("GETINFO net/listeners/socks")
  const port = /^127\.0\.0\.1:(\d{1,5})$/u.exec(parseWords(lines[0]?.text ?? "").named.get("net/listeners/socks") ?? "")?.[1]
  if (port === undefined) throw new LaunchError("tor does not say where its SOCKS port is")
  return { port: Number(port) }
}

async function end(child: Child, ended: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill("SIGTERM")
  const timer = setTimeout(() => child.kill("SIGKILL"), END_MS)
  await ended
  clearTimeout(timer)
}
