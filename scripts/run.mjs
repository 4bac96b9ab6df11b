/** Sets up what is missing and runs the command line with the given arguments; `./tessera` comes here when the clone is fresh. */
import { spawn } from "node:child_process"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { root, setUp } from "./setup.mjs"

export function runTessera(args) {
  const node = setUp()
  const child = spawn(node, [join(root, "apps/cli/src/main.ts"), ...args], { stdio: "inherit" })
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal))
  child.on("exit", (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)))
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) runTessera(process.argv.slice(2))
