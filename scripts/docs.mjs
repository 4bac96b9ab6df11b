/** `npm run docs`: the documentation of the libraries' exports, into dist/api. */
import { dirname, join } from "node:path"
import { ensureDependencies, findNode, root, runStep, say } from "./setup.mjs"

ensureDependencies()
const env = { ...process.env, PATH: `${dirname(findNode())}:${process.env.PATH}` }
runStep(join(root, "node_modules/.bin/typedoc"), ["--options", "typedoc.mjs"], { env })
say("See dist/api/index.html.")
