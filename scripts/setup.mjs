/**
 * What a fresh clone needs before it can run: dependencies, the pinned Node, the built interface.
 * Runs on Node 20 or newer and uses nothing but Node and npm. Each step is skipped when it is done already.
 */
import { spawnSync } from "node:child_process"
import { existsSync, readdirSync, statSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
const lock = join(root, "package-lock.json")
/** npm writes this file as the last act of an installation. */
const installed = join(root, "node_modules/.package-lock.json")

/** Says a step of the set-up on standard error, so that standard output stays for results. */
export function say(text) {
  process.stderr.write(`${text}\n`)
}

/** Runs a command with its output on standard error; ends the program with a sentence when it fails. */
export function runStep(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: ["ignore", 2, 2], ...options })
  if (result.error === undefined && result.status === 0) return
  say(`This step failed: ${command} ${args.join(" ")}${result.error === undefined ? "" : ` (${result.error.message})`}`)
  process.exit(1)
}

/** `npm ci` when nothing is installed yet or the lock is newer than what is. */
export function ensureDependencies() {
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return
  say("Getting what Tessera is built from (once, about a minute) …")
  const npm = process.platform === "win32" ? "npm.cmd" : "npm"
  const begun = Date.now()
  runStep(npm, ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { shell: process.platform === "win32" })
  say(`… there, after ${Math.round((Date.now() - begun) / 1000)} s.`)
}

/** The path of a Node 24 or newer: the pinned one, otherwise the one that runs this. */
export function findNode() {
  const platform = process.platform === "win32" ? "win" : process.platform
  const pinned = join(root, "node_modules", `node-${platform}-${process.arch}`, "bin", platform === "win" ? "node.exe" : "node")
  if (existsSync(pinned)) return pinned
  if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath
  say("Tessera needs Node 24 on this kind of machine, because npm brings none for it. Please install Node 24 or newer and try again.")
  return process.exit(1)
}

function newest(path) {
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.mtimeMs
  let latest = stat.mtimeMs
  for (const name of readdirSync(path)) {
    if (name === "dist" || name === "node_modules") continue
    latest = Math.max(latest, newest(join(path, name)))
  }
  return latest
}

/** Builds the interface when a source of it is newer than what was built. */
export function ensureBuilt(node) {
  const built = join(root, "apps/web/dist/app.js")
  const sources = ["apps/web/src", "apps/web/index.html", "apps/web/build.mjs", "packages/node/src/api/contract.ts", "package-lock.json"]
  const latest = Math.max(...sources.map((path) => newest(join(root, path))))
  if (existsSync(built) && statSync(built).mtimeMs >= latest) return
  say("Building the interface …")
  runStep(node, [join(root, "apps/web/build.mjs")])
}

/** All of it; gives the path of the Node to run with. */
export function setUp() {
  ensureDependencies()
  const node = findNode()
  ensureBuilt(node)
  return node
}
