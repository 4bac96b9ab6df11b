import Database from "better-sqlite3-multiple-ciphers"
import { expect, test } from "vitest"
import type { StreamIndex } from "../plan.ts"
import { SCHEMA } from "./schema.ts"
import { READS, WRITES, arrivalsStatement, streamCountStatement, streamStatement } from "./statements.ts"

const STREAMS: readonly StreamIndex[] = ["author", "authorKind", "kind", "signer", "tag", "all"]
const ARRIVALS = ["author", "tag", "all"] as const

const statements: readonly string[] = [
  ...Object.values(READS).filter((source) => source !== READS.lastSequence),
  ...Object.values(WRITES).filter((source) => source !== WRITES.counter && source !== WRITES.setCounter && !source.startsWith("INSERT")),
  ...STREAMS.flatMap((by) => [streamStatement(by), streamCountStatement(by)]),
  ...ARRIVALS.map(arrivalsStatement),
]

function planOf(source: string): string[] {
  const database = new Database(":memory:")
  try {
    database.exec(SCHEMA)
    const parameters = Array.from(source.matchAll(/\?/g), () => 1)
    const steps = database.prepare(`EXPLAIN QUERY PLAN ${source}`).all(...parameters) as { readonly detail: string }[]
    return steps.map(({ detail }) => detail)
  } finally {
    database.close()
  }
}

test.each(statements)("goes to its place in an index, and sorts nothing: %s", (source) => {
  const steps = planOf(source).filter((step) => step !== "SCAN (subquery-1)" && !step.startsWith("CO-ROUTINE"))
  expect(steps.length).toBeGreaterThan(0)
  for (const step of steps)
    expect(step).toMatch(/^SEARCH (record|tag|removed|retracted|floor) USING (COVERING )?(INDEX|INTEGER PRIMARY KEY|PRIMARY KEY)/)
})

test("the check notices a scan and a sort", () => {
  expect(planOf("SELECT sequence FROM record WHERE length(bytes) = ?").join()).toContain("SCAN record")
  expect(planOf("SELECT sequence FROM record WHERE author_key = ? ORDER BY received").join()).toContain("TEMP B-TREE")
})
