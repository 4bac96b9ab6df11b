/** `npm run fuzz`: everything that reads what strangers send, fed with a million inputs; `npm run fuzz -- --seed 5 --count 10000000 filters`. */
import { spawnSync } from "node:child_process"
import { dirname, join } from "node:path"
import { ensureDependencies, findNode, root } from "./setup.mjs"

ensureDependencies()
const node = findNode()
const env = { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}` }
const result = spawnSync(node, [join(root, "fuzz/main.ts"), ...process.argv.slice(2)], { cwd: root, stdio: "inherit", env })
process.exit(result.status ?? 1)
