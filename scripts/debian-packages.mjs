/** What tests need of the machine: Debian's packages, got when we may, named in a sentence when we may not. */
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { runStep, say } from "./setup.mjs"

export const chromium = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium"
export const python = process.env.PYTHON_PATH ?? "/usr/bin/python3"
export const pebble = process.env.PEBBLE_PATH ?? "/usr/bin/pebble"

/** Gets a package of Debian when we may; false when we may not. */
function gotPackage(name, what, isElsewhere, options = []) {
  if (isElsewhere || process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return false
  say(`Getting Debian's ${name} for the tests ${what} (once) …`)
  // Packages with a service of their own are not to start it.
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" }
  runStep("apt-get", ["update", "-qq"], { env })
  runStep("apt-get", ["install", "-y", "-qq", ...options, name], { env })
  return true
}

export function ensureChromium() {
  if (existsSync(chromium)) return
  if (gotPackage("chromium", "in a browser", process.env.CHROMIUM_PATH !== undefined)) return
  say(
    `The tests use Chromium, and there is none at ${chromium}. Please install the package \`chromium\`, or set CHROMIUM_PATH to where it is.`,
  )
  process.exit(1)
}

/** Another implementation of the DHT, with which ours is checked. */
export function ensureLibtorrent() {
  if (spawnSync(python, ["-c", "import libtorrent"], { stdio: "ignore" }).status === 0) return
  if (gotPackage("python3-libtorrent", "of the DHT", process.env.PYTHON_PATH !== undefined)) return
  say(`The tests of the DHT use libtorrent, and ${python} has none. Please install the package \`python3-libtorrent\`, or set PYTHON_PATH.`)
  process.exit(1)
}

/** An authority that gives certificates by ACME. */
export function ensurePebble() {
  if (existsSync(pebble)) return
  if (gotPackage("pebble", "of ACME", process.env.PEBBLE_PATH !== undefined)) return
  say(
    `The tests of ACME use Pebble, and there is none at ${pebble}. Please install the package \`pebble\`, or set PEBBLE_PATH to where it is.`,
  )
  process.exit(1)
}

/** False, after a sentence, when there is no tor: the tests that need one are skipped then. */
export function ensureTor() {
  const paths = process.env.TOR_PATH === undefined ? ["/usr/sbin/tor", "/usr/bin/tor", "/usr/local/bin/tor"] : [process.env.TOR_PATH]
  if (paths.some((path) => existsSync(path))) return true
  if (gotPackage("tor", "of Tor", process.env.TOR_PATH !== undefined, ["--no-install-recommends"])) return true
  say(
    `The tests of Tor need tor and tor-gencert, and there is no ${paths[0]}. Please install the package \`tor\`, or set TOR_PATH to where it is.`,
  )
  return false
}

/** Gives a tor another clock. */
export function ensureFaketime() {
  if (existsSync("/usr/bin/faketime")) return true
  if (gotPackage("faketime", "of Tor with a wrong clock", false, ["--no-install-recommends"])) return true
  say("The tests of Tor with a wrong clock need faketime. Please install the package `faketime`.")
  return false
}
