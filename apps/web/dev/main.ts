/** `node apps/web/dev/main.ts [new|locked|empty]`: the built interface with a node in memory, to look at while designing. */
import { fileURLToPath } from "node:url"
import { MemoryNode } from "./memory-node.ts"
import { serve } from "./serve.ts"

const kind = process.argv[2] ?? "open"
const node = new MemoryNode({ filled: kind !== "empty" && kind !== "new" })
if (kind === "new" || kind === "locked") node.stage = kind
const { url } = await serve({ dist: fileURLToPath(new URL("../dist", import.meta.url)), port: 4_173, node })
process.stdout.write(`${url}\n`)
