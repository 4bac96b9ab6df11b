/** `npm test`: sets up what the tests need and runs them all. Arguments go to the test runner: `npm test -- packages/mosaic`. */
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { dirname, join } from "node:path"
import { root, runStep, say, setUp } from "./setup.mjs"

const chromium = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium"

const python = process.env.PYTHON_PATH ?? "/usr/bin/python3"

const pebble = process.env.PEBBLE_PATH ?? "/usr/bin/pebble"

/** Gets a package of Debian when we may; false when we may not. */
function gotPackage(name, what, isElsewhere) {
  if (isElsewhere || process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return false
  say(`Getting Debian's ${name} for the tests ${what} (once) …`)
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" }
  runStep("apt-get", ["update", "-qq"], { env })
  runStep("apt-get", ["install", "-y", "-qq", name], { env })
  return true
}

function ensureChromium() {
  if (existsSync(chromium)) return
  if (gotPackage("chromium", "in a browser", process.env.CHROMIUM_PATH !== undefined)) return
  say(
    `The tests use Chromium, and there is none at ${chromium}. Please install the package \`chromium\`, or set CHROMIUM_PATH to where it is.`,
  )
  process.exit(1)
}

/** Another implementation of the DHT, with which ours is checked. */
function ensureLibtorrent() {
  if (spawnSync(python, ["-c", "import libtorrent"], { stdio: "ignore" }).status === 0) return
  if (gotPackage("python3-libtorrent", "of the DHT", process.env.PYTHON_PATH !== undefined)) return
  say(`The tests of the DHT use libtorrent, and ${python} has none. Please install the package \`python3-libtorrent\`, or set PYTHON_PATH.`)
  process.exit(1)
}

/** An authority that gives certificates by ACME. */
function ensurePebble() {
  if (existsSync(pebble)) return
  if (gotPackage("pebble", "of ACME", process.env.PEBBLE_PATH !== undefined)) return
  say(
    `The tests of ACME use Pebble, and there is none at ${pebble}. Please install the package \`pebble\`, or set PEBBLE_PATH to where it is.`,
  )
  process.exit(1)
}

const node = setUp()
ensureChromium()
ensureLibtorrent()
ensurePebble()
const paths = { CHROMIUM_PATH: chromium, PYTHON_PATH: python, PEBBLE_PATH: pebble }
const env = { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}`, ...paths }
const vitest = join(root, "node_modules/vitest/vitest.mjs")
const result = spawnSync(node, [vitest, "run", ...process.argv.slice(2)], { cwd: root, stdio: "inherit", env })
process.exit(result.status ?? 1)
