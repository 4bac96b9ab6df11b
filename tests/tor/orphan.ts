/** A program with a tor of its own, which is killed by `orphan.test.ts`. Its arguments: the folder, the tor, lines of configuration. */
import { startTor } from "@tessera/node/tor"

const [folder = "", path = "", ...extra] = process.argv.slice(2)
const tor = startTor({ folder, path, extra })
tor.onStatus(({ progress }) => process.stdout.write(`${progress}\n`))
setInterval(() => undefined, 1_000)
