import { RESULT, hashBlob } from "@tessera/mosaic"
import fc from "fast-check"
import { expect, it } from "vitest"
import { NOON, persona, write } from "../testing/personas.test-suite.ts"
import { allOf } from "./all-of.ts"
import { anyOf } from "./any-of.ts"
import { ALLOWED, type Policy, type PolicyChange, type Verdict, refuse } from "./policy.ts"

const record = write(persona(1))
const peer = { key: undefined, remote: "test", id: 1 }
const context = { scheduleOf: async () => undefined, masterOf: async () => persona(1).key }

const saying = (verdict: Verdict, reads = verdict.ok): Policy => ({
  welcome: () => verdict,
  hear: () => verdict,
  admit: () => verdict,
  mayRead: () => reads,
})
const [unauthorized, tooFast, tooLarge] = [RESULT.UNAUTHORIZED, RESULT.TOO_FAST, RESULT.TOO_LARGE].map((code) => refuse(code, "no"))

async function answers(policy: Policy): Promise<unknown[]> {
  return [
    await policy.welcome?.(peer, context),
    policy.hear?.(peer, { type: "query", bytes: 0 }),
    await policy.admit(record, peer, context),
  ]
}

it("allows with all, or with any, whatever is asked", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }), async (allowed) => {
      const policies = allowed.map((each) => saying(each ? ALLOWED : refuse(RESULT.UNAUTHORIZED, "no")))
      const [first = saying(ALLOWED), ...rest] = policies
      for (const [policy, expected] of [
        [allOf(...policies), allowed.every(Boolean)],
        [anyOf(first, ...rest), allowed.some(Boolean)],
      ] as const) {
        expect(await answers(policy)).toMatchObject([{ ok: expected }, { ok: expected }, { ok: expected }])
        expect(await policy.mayRead({ record, received: NOON, sequence: 1 }, peer, context)).toBe(expected)
      }
    }),
  )
})

it("takes the blobs that all take who say something of them, or any does; none where nobody does", async () => {
  const blob = { hash: await hashBlob(new Uint8Array(3)), length: 3 }
  const silent = saying(ALLOWED)
  const deaf = saying(refuse(RESULT.UNAUTHORIZED, "no"))
  const blobs = (verdict: Verdict): Policy => ({ ...silent, admitBlob: () => verdict })
  const no = refuse(RESULT.UNAUTHORIZED, "no")
  const asked = async (policy: Policy) => (await policy.admitBlob?.(blob, peer, context))?.ok
  for (const policy of [allOf(silent, deaf), anyOf(silent, deaf), allOf()]) expect("admitBlob" in policy).toBe(false)
  expect(await asked(allOf(silent, blobs(ALLOWED), deaf))).toBe(true)
  expect(await asked(allOf(blobs(ALLOWED), silent, blobs(no)))).toBe(false)
  expect(await asked(anyOf(silent, blobs(no)))).toBe(false)
  expect(await asked(anyOf(silent, blobs(no), blobs(ALLOWED)))).toBe(true)
  expect(await allOf(anyOf(blobs(no), blobs(tooFast ?? no)), silent).admitBlob?.(blob, peer, context)).toBe(tooFast)
})

it("says the first refusal of all, and of any the first that tells more than UNAUTHORIZED", async () => {
  const refusals = [unauthorized, tooFast, tooLarge].map((each) => saying(each ?? expect.fail()))
  const [first = saying(ALLOWED), ...rest] = refusals
  expect((await answers(allOf(...refusals))).every((each) => each === unauthorized)).toBe(true)
  expect((await answers(anyOf(first, ...rest))).every((each) => each === tooFast)).toBe(true)
})

it("lets the first policy take a submission that wants to, when all allow it", async () => {
  const take = async () => ({ code: RESULT.SUCCESS })
  const other = async () => ({ code: RESULT.ACCEPTED })
  const taking = saying({ ok: true, take })
  const late = saying({ ok: true, take: other })
  expect(await allOf(saying(ALLOWED), taking, late).admit(record, peer, context)).toEqual({ ok: true, take })
  expect(await anyOf(saying(refuse(RESULT.UNAUTHORIZED, "no")), taking, late).admit(record, peer, context)).toEqual({ ok: true, take })
  expect(await allOf(taking, saying(tooFast ?? expect.fail())).admit(record, peer, context)).toMatchObject({ ok: false })
})

it("passes changes on until nobody listens", () => {
  const listeners = new Set<(change: PolicyChange) => void>()
  const changing: Policy = {
    ...saying(ALLOWED),
    onChange: (listener) => {
      listeners.add(listener)
      return { [Symbol.dispose]: () => void listeners.delete(listener) }
    },
  }
  const heard: PolicyChange[] = []
  for (const policy of [allOf(saying(ALLOWED), changing), anyOf(changing, saying(ALLOWED))]) {
    const listening = policy.onChange?.((change) => void heard.push(change))
    for (const listener of listeners) listener({ type: "unwelcome" })
    listening?.[Symbol.dispose]()
    expect(listeners.size).toBe(0)
  }
  expect(heard).toEqual([{ type: "unwelcome" }, { type: "unwelcome" }])
})
