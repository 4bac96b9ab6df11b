/**
 * `npm run soak`: tells the scenarios under random seeds until told to stop, and prints each seed; `npm run soak -- 100` runs 100 of them.
 * A seed that fails is told with everything else that the tests say, and repeated by `SIM_SEED=… npm test -- tests/scenarios`.
 */
import { spawnSync } from "node:child_process"
import { randomBytes } from "node:crypto"
import { dirname, join } from "node:path"
import { ensureDependencies, findNode, root } from "./setup.mjs"

/** Seeds for one start of the test runner, whose start takes longer than a short run. */
const AT_ONCE = 5

const [asked = "Infinity", ...rest] = process.argv.slice(2)
const runs = Number(asked)
if (!(runs > 0)) {
  process.stderr.write("How many seeds? A number, or nothing for as long as it takes: npm run soak -- 100\n")
  process.exit(2)
}

ensureDependencies()
const node = findNode()
const vitest = join(root, "node_modules/vitest/vitest.mjs")
const failed = []
for (let done = 0; done < runs;) {
  const seeds = Array.from({ length: Math.min(AT_ONCE, runs - done) }, () => `0x${randomBytes(8).toString("hex")}`)
  process.stdout.write(`seeds ${done + 1} to ${done + seeds.length}: ${seeds.join(" ")}\n`)
  const env = { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}`, SIM_SEED: seeds.join(",") }
  const result = spawnSync(node, [vitest, "run", "--project", "node", ...(rest.length === 0 ? ["tests/scenarios"] : rest)], {
    cwd: root,
    stdio: "inherit",
    env,
  })
  if (result.signal !== null) process.exit(1)
  if (result.status !== 0) failed.push(seeds)
  done += seeds.length
}
for (const seeds of failed) process.stdout.write(`FAILED among: ${seeds.join(" ")}\n`)
process.stdout.write(`${runs} seeds, ${failed.length === 0 ? "none failed" : `${failed.length} groups with failures`}\n`)
process.exit(failed.length === 0 ? 0 : 1)
