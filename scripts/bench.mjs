/** `npm run bench`: all figures as a table; `npm run bench -- verify store` measures only those. */
import { spawnSync } from "node:child_process"
import { dirname, join } from "node:path"
import { root, setUp } from "./setup.mjs"

const node = setUp()
const env = { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}` }
const result = spawnSync(node, [join(root, "bench/main.ts"), ...process.argv.slice(2)], { cwd: root, stdio: "inherit", env })
process.exit(result.status ?? 1)
