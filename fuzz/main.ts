import { randomBytes } from "node:crypto"
import { parseArgs } from "node:util"
import { fuzz } from "./run.ts"
import { TARGETS } from "./targets.ts"

const { values, positionals } = parseArgs({
  options: { seed: { type: "string" }, count: { type: "string" }, seconds: { type: "string" } },
  allowPositionals: true,
})
const seed = values.seed === undefined ? randomBytes(6).readUIntBE(0, 6) : Number(values.seed)
const count = Number(values.count ?? 1_000_000)
const seconds = Number(values.seconds ?? Infinity)
const unknown = positionals.find((name) => !TARGETS.some((target) => target.name === name))
if (!Number.isSafeInteger(seed) || !(count > 0) || !(seconds > 0) || unknown !== undefined) {
  process.stderr.write(
    `npm run fuzz -- [--seed N] [--count N] [--seconds N] [TARGET …]\nTargets: ${TARGETS.map(({ name }) => name).join(", ")}\n`,
  )
  process.exit(2)
}

process.stdout.write(`seed ${seed}\n`)
const targets = positionals.length === 0 ? TARGETS : TARGETS.filter(({ name }) => positionals.includes(name))
const start = performance.now()
let shown = start
const { tallies, findings } = fuzz({
  targets,
  seed,
  count,
  milliseconds: seconds * 1_000,
  onProgress(done) {
    if (performance.now() - shown < 10_000) return
    shown = performance.now()
    process.stderr.write(`${done} inputs …\n`)
  },
})
const total = tallies.reduce((sum, { accepted, refused }) => sum + accepted + refused, 0)
for (const { target, accepted, refused, milliseconds, slowest } of tallies) {
  const inputs = accepted + refused
  const each = inputs === 0 ? 0 : (milliseconds * 1_000) / inputs
  process.stdout.write(
    `${target.padEnd(18)} ${String(inputs).padStart(9)} inputs, ${String(accepted).padStart(8)} read, ${each.toFixed(1)} µs each, slowest ${slowest.toFixed(1)} ms\n`,
  )
}
for (const { target, what, input } of findings) {
  const shownInput = input.length > 2_000 ? `${input.slice(0, 2_000)}… (${input.length / 2} bytes)` : input
  process.stdout.write(`FOUND in ${target}: ${what}\n  input ${shownInput}\n`)
}
const elapsed = (performance.now() - start) / 1_000
process.stdout.write(
  `${total} inputs in ${elapsed.toFixed(0)} s, seed ${seed}: ${findings.length === 0 ? "nothing found" : `${findings.length} findings`}\n`,
)
process.exit(findings.length === 0 ? 0 : 1)
