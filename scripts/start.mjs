/** `npm start`: sets up what is missing, starts a node and opens the browser. Arguments are handed on: `npm start -- --data DIR`. */
import { runTessera } from "./run.mjs"

runTessera(["start", ...process.argv.slice(2)])
