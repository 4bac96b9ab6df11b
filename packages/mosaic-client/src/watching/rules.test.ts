import { describe, expect, it } from "vitest"
import { AVOIDED } from "../routing/facts.ts"
import { NOON, keyOf, later, write } from "../testing.test-suite.ts"
import { Ledger } from "./ledger.ts"
import type { Finding } from "./report.ts"
import { charge, fade, forgive, healthOf, newScore, slowness } from "./rules.ts"

const HOUR = 3_600
const UNREACHABLE: Finding = { type: "unreachable", reason: "refused" }
const FORGED: Finding = { type: "forged", what: "signature" }

const charged = (...findings: Finding[]) => findings.reduce(charge, newScore(NOON))

describe("scores", () => {
  it("avoid a server that is unreachable again and again, and one that lied once", () => {
    expect(healthOf(newScore(NOON))).toBe(1)
    expect(healthOf(charged(UNREACHABLE))).toBeGreaterThan(AVOIDED)
    expect(healthOf(charged(UNREACHABLE, UNREACHABLE, UNREACHABLE))).toBeLessThan(AVOIDED)
    expect(healthOf(charged(FORGED))).toBeLessThan(AVOIDED)
  })

  it("fade: absence within hours, lies within days, and never fall to nothing for ever", () => {
    const down = charged(...Array.from({ length: 100 }, () => UNREACHABLE))
    expect(healthOf(fade(down, later(12 * HOUR)))).toBeGreaterThan(AVOIDED)
    const lied = charged(FORGED)
    expect(healthOf(fade(lied, later(12 * HOUR)))).toBeLessThan(AVOIDED)
    expect(healthOf(fade(lied, later(7 * 24 * HOUR)))).toBeGreaterThan(AVOIDED)
    expect(fade(lied, later(-HOUR))).toEqual(lied)
  })

  it("forgive absence when a server is there again, not lies", () => {
    expect(healthOf(forgive(charged(UNREACHABLE)))).toBeGreaterThan(healthOf(charged(UNREACHABLE)))
    expect(healthOf(forgive(charged(FORGED)))).toBe(healthOf(charged(FORGED)))
  })

  it("hold nothing against a server for what it does not want to take", () => {
    expect(healthOf(charged({ type: "recordRefused", code: 33, ids: [] }))).toBe(1)
  })
})

describe("slowness", () => {
  it("is much more than others need and than a person waits", () => {
    expect(slowness(20_000, [100, 3_000, 50_000])).toBe(3_000)
    expect(slowness(4_000, [1])).toBeUndefined()
    expect(slowness(20_000, [6_000])).toBeUndefined()
    expect(slowness(20_000, [])).toBeUndefined()
  })
})

describe("a ledger", () => {
  const server = keyOf(101)
  const missing = (witness: number, ids = [write(1).id]): Finding => ({
    type: "missing",
    role: "outbox",
    author: keyOf(1),
    ids,
    witnesses: [keyOf(witness)],
    acknowledged: false,
  })

  it("joins what is the same, with all its evidence", () => {
    const ledger = new Ledger()
    const [first, second] = [write(1).id, write(1).id]
    ledger.add(server, missing(102, [first]), NOON)
    ledger.add(server, missing(103, [first, second]), later(5))
    ledger.add(server, UNREACHABLE, later(6))
    expect(ledger.reports).toHaveLength(2)
    expect(ledger.reports[1]).toMatchObject({
      first: NOON,
      last: later(5),
      count: 2,
      finding: { ids: [first, second], witnesses: [keyOf(102), keyOf(103)] },
    })
  })

  it("stays small, whatever is noticed", () => {
    const ledger = new Ledger()
    for (let index = 0; index < 100; index += 1) {
      ledger.add(server, { type: "wrongServer", url: `mosaictcp://192.0.2.${index}/` }, NOON)
      ledger.add(server, missing(102), NOON)
    }
    expect(ledger.reports).toHaveLength(32)
    const evidence = ledger.reports.find(({ finding }) => finding.type === "missing")?.finding
    expect(evidence).toMatchObject({ ids: { length: 64 } })
    for (let index = 0; index < 2_100; index += 1) ledger.add(cheapKey(index), UNREACHABLE, NOON)
    expect(ledger.reports.length).toBeLessThanOrEqual(2_000)
    expect(ledger.health(cheapKey(0), NOON)).toBe(1)
  })
})

function cheapKey(number: number) {
  const key = new Uint8Array(32)
  new DataView(key.buffer).setUint32(0, number)
  return key as ReturnType<typeof keyOf>
}
