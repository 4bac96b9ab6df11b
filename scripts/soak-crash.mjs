/**
 * `npm run soak:crash`: kills what writes records 200 times, the store's process and then a whole server, and checks that nothing acknowledged is lost;
 * `npm run soak:crash -- 50` 50 times each.
 */
import { join } from "node:path"
import { ensureDependencies, findNode, root, runStep } from "./setup.mjs"

const [asked = "200"] = process.argv.slice(2)
if (!(Number.isInteger(Number(asked)) && Number(asked) > 0)) {
  process.stderr.write("How many times? A number, or nothing for 200: npm run soak:crash -- 50\n")
  process.exit(2)
}

ensureDependencies()
for (const program of ["packages/mosaic-server/src/store/sqlite/crash-soak.ts", "tests/program/server-crash-soak.ts"]) {
  runStep(findNode(), [join(root, program), asked], {})
}
