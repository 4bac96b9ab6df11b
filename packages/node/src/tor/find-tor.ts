import { execFile } from "node:child_process"
import { access, constants } from "node:fs/promises"
import { delimiter, join } from "node:path"
import { fileURLToPath } from "node:url"
import { OLDEST_TOR, type TorVersion, formatTorVersion, isAtLeast, parseTorVersion } from "./version.ts"

export type FoundTor =
  | { readonly ok: true; readonly path: string; readonly version: TorVersion }
  /** `reason` is one sentence for the person: what is missing, and what to do. */
  | { readonly ok: false; readonly code: "none" | "too-old" | "does-not-run"; readonly reason: string }

export interface FindTorOptions {
  /** Where it is, and nowhere else; without it `TESSERA_TOR` of the environment says so. */
  readonly path?: string
  /** Where our own build of it lies: `dist/tor/PLATFORM-ARCHITECTURE/tor` of the project when not given. */
  readonly builtFolder?: string
  readonly env?: NodeJS.ProcessEnv
}

const PROGRAM = process.platform === "win32" ? "tor.exe" : "tor"
const VERSION_MS = 10_000
/** Debian puts tor where only root's PATH leads. */
const USUAL_FOLDERS = process.platform === "win32" ? [] : ["/usr/sbin", "/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"]

const OLDEST = formatTorVersion(OLDEST_TOR)
const INSTALL = `Please install tor ${OLDEST} or newer (on Debian and Ubuntu the package tor); until then people reach you on the same network only.`

/** Looks for a tor that we can drive: the one that is named, else our own build, else those on PATH. */
export async function findTor(options: FindTorOptions = {}): Promise<FoundTor> {
  const env = options.env ?? process.env
  const named = options.path ?? env["TESSERA_TOR"]
  if (named !== undefined && named !== "") return tryTor(named)
  let old: FoundTor | undefined
  for (const path of candidates(options.builtFolder ?? builtFolder(), env)) {
    if (!(await isProgram(path))) continue
    const found = await tryTor(path)
    if (found.ok) return found
    old ??= found
  }
  return old ?? { ok: false, code: "none", reason: `Tessera finds no tor on this device. ${INSTALL}` }
}

function candidates(built: string, env: NodeJS.ProcessEnv): readonly string[] {
  const onPath = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "")
  return [built, ...onPath, ...USUAL_FOLDERS].map((folder) => join(folder, PROGRAM))
}

const builtFolder = (): string => fileURLToPath(new URL(`../../../../dist/tor/${process.platform}-${process.arch}`, import.meta.url))

async function tryTor(path: string): Promise<FoundTor> {
  const version = parseTorVersion(await versionOf(path))
  if (version === undefined) return { ok: false, code: "does-not-run", reason: `The tor at ${path} does not run here. ${INSTALL}` }
  if (isAtLeast(version, OLDEST_TOR)) return { ok: true, path, version }
  return { ok: false, code: "too-old", reason: `The tor at ${path} is too old (${formatTorVersion(version)}). ${INSTALL}` }
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return true
  } catch {
    // Not there, or not for us.
    return false
  }
}

/** What it prints; nothing when it does not run. */
function versionOf(path: string): Promise<string> {
  return new Promise((resolve) => {
    const options = { timeout: VERSION_MS, maxBuffer: 64 * 1024, windowsHide: true } as const
    execFile(path, ["--version"], options, (error, stdout) => resolve(error === null ? stdout : ""))
  })
}
