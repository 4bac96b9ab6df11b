import { type PublicKey, RESULT } from "@tessera/mosaic"
import { expect, it } from "vitest"
import { NOON, later, persona } from "../testing/personas.test-suite.ts"
import type { PeerRequest } from "./policy.ts"
import { DEFAULT_RATES, RateTable, type RatesOptions, ratesPolicy } from "./rates.ts"

const ann = persona(1)

function still(options: Partial<RatesOptions> = {}) {
  const clock = { now: NOON }
  const policy = ratesPolicy({ ...DEFAULT_RATES, ...options, now: () => clock.now })
  const ask = (remote: string, key?: PublicKey, type: PeerRequest["type"] = "submission") => {
    const verdict = policy.hear?.({ key, remote, id: 1 }, { type, bytes: 300 })
    return verdict?.ok === false ? verdict.code : "heard"
  }
  return { clock, ask }
}
const two = { submission: { burst: 2, perSecond: 1 }, query: { burst: 1, perSecond: 1 } }

it("counts an address over all its connections, an IPv6 /64 as one, submissions and queries apart", () => {
  const { ask, clock } = still({ address: two })
  expect([ask("10.0.0.1:1"), ask("10.0.0.1:2", ann.key), ask("10.0.0.1:3"), ask("10.0.0.2:1")]).toEqual([
    "heard",
    "heard",
    RESULT.TOO_FAST,
    "heard",
  ])
  expect([ask("10.0.0.1:1", undefined, "query"), ask("10.0.0.1:2", undefined, "query")]).toEqual(["heard", RESULT.TOO_FAST])
  expect([ask("2001:db8::1:1"), ask("2001:db8::2:1"), ask("2001:db8::3:1"), ask("2001:db8:0:1::1:1")]).toEqual([
    "heard",
    "heard",
    RESULT.TOO_FAST,
    "heard",
  ])
  clock.now = later(1)
  expect([ask("10.0.0.1:3"), ask("10.0.0.1:3")]).toEqual(["heard", RESULT.TOO_FAST])
})

it("counts a key over all its addresses", () => {
  const { ask } = still({ key: two })
  expect([ask("10.0.0.1:1", ann.key), ask("10.0.0.2:1", ann.key), ask("10.0.0.3:1", ann.key), ask("10.0.0.3:1")]).toEqual([
    "heard",
    "heard",
    RESULT.TOO_FAST,
    "heard",
  ])
})

it("lets through out of the box: 5,000 submissions, and 1,000 subscriptions on each of 100 connections", () => {
  const { ask } = still()
  const heard = (count: number, type: PeerRequest["type"]): boolean =>
    Array.from({ length: count }, () => ask("10.0.0.1:1", ann.key, type)).every((each) => each === "heard")
  expect([heard(5_000, "submission"), heard(100_000, "query")]).toEqual([true, true])
})

it("remembers a bounded number of names: the one heard longest ago is forgotten, the busy ones stay", () => {
  const table = new RateTable({ burst: 1, perSecond: 0 }, 100, () => NOON)
  expect(table.take("busy")).toBe(true)
  for (let i = 0; i < 10_000; i += 1) {
    expect(table.take(`other ${i}`)).toBe(true)
    expect(table.take("busy")).toBe(false)
  }
  expect([table.size, table.take("other 9999"), table.take("other 0")]).toEqual([100, false, true])
})
