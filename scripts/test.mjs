/** `npm test`: sets up what the tests need and runs them all. Arguments go to the test runner: `npm test -- packages/mosaic`. */
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { dirname, join } from "node:path"
import { root, runStep, say, setUp } from "./setup.mjs"

const chromium = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium"

function ensureChromium() {
  if (existsSync(chromium)) return
  if (process.env.CHROMIUM_PATH === undefined && process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) {
    say("Getting Debian's chromium for the tests in a browser (once) …")
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" }
    runStep("apt-get", ["update", "-qq"], { env })
    runStep("apt-get", ["install", "-y", "-qq", "chromium"], { env })
    return
  }
  say(
    `The tests use Chromium, and there is none at ${chromium}. Please install the package \`chromium\`, or set CHROMIUM_PATH to where it is.`,
  )
  process.exit(1)
}

const node = setUp()
ensureChromium()
const env = { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}`, CHROMIUM_PATH: chromium }
const vitest = join(root, "node_modules/vitest/vitest.mjs")
const result = spawnSync(node, [vitest, "run", ...process.argv.slice(2)], { cwd: root, stdio: "inherit", env })
process.exit(result.status ?? 1)
