/** `npm run check`: format, lint, types, import fences, documentation, unused code. Ends at the first that fails. */
import { dirname, join } from "node:path"
import { ensureDependencies, findNode, root, runStep, say } from "./setup.mjs"

ensureDependencies()
const node = findNode()
const env = { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}` }
const bin = (name) => join(root, "node_modules/.bin", name)
const steps = [
  ["format", "oxfmt", ["--check", "."]],
  ["lint", "oxlint", ["--type-aware", "--deny-warnings"]],
  ["types", "../typescript-7/bin/tsc", ["-b"]],
  ["types of the tests", "../typescript-7/bin/tsc", ["-p", "tsconfig.test.json"]],
  ["import fences", "depcruise", ["--config", ".dependency-cruiser.mjs", "packages", "apps"]],
  ["documented exports of the libraries", "typedoc", ["--options", "typedoc.mjs", "--emit", "none", "--logLevel", "Warn"]],
  ["unused code", "knip", []],
]
for (const [name, command, args] of steps) {
  say(`check: ${String(name)}`)
  runStep(bin(command), args, { env })
}
say("All checks passed.")
