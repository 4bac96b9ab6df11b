/** `npm test`: sets up what the tests need and runs them all. Arguments go to the test runner: `npm test -- packages/mosaic`. */
import { spawnSync } from "node:child_process"
import { dirname, join } from "node:path"
import { chromium, ensureChromium, ensureLibtorrent, ensurePebble, ensureTor, pebble, python } from "./debian-packages.mjs"
import { root, setUp } from "./setup.mjs"

const node = setUp()
ensureChromium()
ensureLibtorrent()
ensurePebble()
ensureTor()
const paths = { CHROMIUM_PATH: chromium, PYTHON_PATH: python, PEBBLE_PATH: pebble }
const env = { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}`, ...paths }
const vitest = join(root, "node_modules/vitest/vitest.mjs")
const result = spawnSync(node, [vitest, "run", ...process.argv.slice(2)], { cwd: root, stdio: "inherit", env })
process.exit(result.status ?? 1)
