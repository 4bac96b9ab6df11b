import { formatTable, type Row } from "./row.ts"

const parts: Readonly<Record<string, () => Promise<{ run(): Promise<readonly Row[]> }>>> = {
  verify: () => import("./verify.ts"),
  store: () => import("./store.ts"),
  tcp: () => import("./tcp.ts"),
  page: () => import("./page.ts"),
}

const named = process.argv.slice(2)
const rows: Row[] = []
for (const [name, load] of Object.entries(parts)) {
  if (named.length > 0 && !named.includes(name)) continue
  process.stderr.write(`measuring: ${name} …\n`)
  const part = await load()
  rows.push(...(await part.run()))
}
const peak = Math.round(process.resourceUsage().maxRSS / 1024)
process.stdout.write(
  `${formatTable(rows)}\n\nNode ${process.versions.node}, ${process.platform} ${process.arch}; peak memory of this process ${peak} MiB\n`,
)
