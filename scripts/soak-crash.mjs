/** `npm run soak:crash`: kills a process that writes records 200 times, and checks that nothing acknowledged is lost; `npm run soak:crash -- 50` 50 times. */
import { join } from "node:path"
import { ensureDependencies, findNode, root, runStep } from "./setup.mjs"

const [asked = "200"] = process.argv.slice(2)
if (!(Number.isInteger(Number(asked)) && Number(asked) > 0)) {
  process.stderr.write("How many times? A number, or nothing for 200: npm run soak:crash -- 50\n")
  process.exit(2)
}

ensureDependencies()
runStep(findNode(), [join(root, "packages/mosaic-server/src/store/sqlite/crash-soak.ts"), asked], {})
