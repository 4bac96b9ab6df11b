/** `npm run test:tor`: every test with real tors, on a private Tor network on loopback that one run shares. */
import { spawnSync } from "node:child_process"
import { dirname, join } from "node:path"
import { ensureFaketime, ensureTor } from "./debian-packages.mjs"
import { root, setUp } from "./setup.mjs"

const node = setUp()
if (!ensureTor() || !ensureFaketime()) process.exit(1)
const env = { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}`, TOR_TESTS: "all" }
const vitest = join(root, "node_modules/vitest/vitest.mjs")
const result = spawnSync(node, [vitest, "run", "--project", "tor", ...process.argv.slice(2)], { cwd: root, stdio: "inherit", env })
process.exit(result.status ?? 1)
