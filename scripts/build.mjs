/** `npm run build`: the interface, into apps/web/dist. */
import { join } from "node:path"
import { ensureDependencies, findNode, root, runStep } from "./setup.mjs"

ensureDependencies()
runStep(findNode(), [join(root, "apps/web/build.mjs")])
