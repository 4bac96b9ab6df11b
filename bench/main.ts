import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { formatTable, type MeasuredRow, type Row } from "./row.ts"

const parts: Readonly<Record<string, () => Promise<{ run(): Promise<readonly Row[]> }>>> = {
  verify: () => import("./verify.ts"),
  store: () => import("./store.ts"),
  tcp: () => import("./tcp.ts"),
  sync: () => import("./sync.ts"),
  page: () => import("./page.ts"),
  blobs: () => import("./blobs.ts"),
}

const [first, second] = process.argv.slice(2)
if (first === "--part" && second !== undefined) await measure(second)
else await measureAll(process.argv.slice(2))

/** One part, in this process: its rows on standard output, with the most memory that it took. */
async function measure(name: string): Promise<void> {
  const part = await parts[name]?.()
  if (part === undefined) throw new RangeError(`no part ${name}`)
  const rows = await part.run()
  const peakMiB = Math.round(process.resourceUsage().maxRSS / 1024)
  process.stdout.write(JSON.stringify(rows.map((row) => ({ peakMiB, ...row }))))
}

/** Each part in a process of its own, one after the other, so that its memory is its own. */
async function measureAll(named: readonly string[]): Promise<void> {
  const unknown = named.find((name) => !(name in parts))
  if (unknown !== undefined)
    throw new RangeError(`There is nothing to measure named ${unknown}; there are ${Object.keys(parts).join(", ")}.`)
  const rows: MeasuredRow[] = []
  for (const name of named.length === 0 ? Object.keys(parts) : named) {
    process.stderr.write(`measuring: ${name} …\n`)
    rows.push(...(JSON.parse(await outputOf(name)) as MeasuredRow[]))
  }
  process.stdout.write(`${formatTable(rows)}\n\nNode ${process.versions.node}, ${process.platform} ${process.arch}\n`)
}

async function outputOf(name: string): Promise<string> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), "--part", name], { stdio: ["ignore", "pipe", "inherit"] })
  let output = ""
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text))
  const code = await new Promise((resolve) => child.once("close", resolve))
  if (code !== 0) throw new Error(`measuring ${name} failed`)
  return output
}
