import { type ChildProcess, spawn } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const program = join(root, "tessera")

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs `./tessera …` to its end; killed after a minute. */
export function tessera(words: readonly string[], input: string | Uint8Array = ""): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { timeout: 60_000 })
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk))
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk))
    child.on("error", reject)
    child.on("close", (code) => resolve({ code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }))
    child.stdin.on("error", () => {})
    child.stdin.end(input)
  })
}

/** A `./tessera` that keeps running. Disposing it ends it with SIGTERM. */
export class RunningTessera implements AsyncDisposable {
  readonly ready: Readonly<Record<string, unknown>>
  readonly #child: ChildProcess
  readonly #ended: Promise<Finished>

  private constructor(child: ChildProcess, ready: Readonly<Record<string, unknown>>, ended: Promise<Finished>) {
    this.#child = child
    this.ready = ready
    this.#ended = ended
  }

  /** Starts it and waits for its `{"event":"ready",…}` line. */
  static async start(words: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<RunningTessera> {
    const child = spawn(program, words, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...environment } })
    const err: Buffer[] = []
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk))
    const lines: string[] = []
    const ended = new Promise<Finished>((resolve) => {
      child.on("close", (code) => resolve({ code, stdout: lines.join("\n"), stderr: Buffer.concat(err).toString() }))
    })
    const ready = await new Promise<Record<string, unknown>>((resolve, reject) => {
      createInterface({ input: child.stdout }).on("line", (line) => {
        lines.push(line)
        const value = JSON.parse(line) as Record<string, unknown>
        if (value["event"] === "ready") resolve(value)
      })
      void ended.then((end) => reject(new Error(`ended with ${end.code} before it was ready: ${end.stdout} ${end.stderr}`)))
    })
    return new RunningTessera(child, ready, ended)
  }

  get url(): string {
    return String(this.ready["url"])
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Asks it to end and gives how it did. */
  end(signal: NodeJS.Signals = "SIGTERM"): Promise<Finished> {
    this.#child.kill(signal)
    return this.#ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end()
  }
}

/** A folder of its own under the system's temporary folder, removed when disposed. */
export class Folder implements AsyncDisposable {
  readonly path: string
  private constructor(path: string) {
    this.path = path
  }
  static async make(): Promise<Folder> {
    return new Folder(await mkdtemp(join(tmpdir(), "tessera-test-")))
  }
  join(...names: string[]): string {
    return join(this.path, ...names)
  }
  /** Writes a file and gives its path. */
  async file(name: string, content: string | Uint8Array): Promise<string> {
    await writeFile(this.join(name), content)
    return this.join(name)
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true })
  }
}

/** `./tessera start` on a folder, without a browser of its own. */
export function startNode(folder: string, words: readonly string[] = [], environment: NodeJS.ProcessEnv = {}): Promise<RunningTessera> {
  return RunningTessera.start(["start", "--data", folder, "--port", "0", "--no-open", "--json", ...words], environment)
}
