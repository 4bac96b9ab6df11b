import { expect, test } from "vitest"
import { BusyError, createTurnstile } from "./turnstile.ts"

test("a turnstile lets one through at a time, in order, past failures, no more than allowed, and none that gave up", async () => {
  const turnstile = createTurnstile(4)
  const doings: string[] = []
  const act =
    (name: string, fails = false) =>
    async (): Promise<string> => {
      doings.push(`${name} begins`)
      await new Promise((resolve) => setTimeout(resolve, 2))
      doings.push(`${name} ends`)
      if (fails) throw new Error(name)
      return name
    }
  const gaveUp = new AbortController()
  const results = [
    turnstile.pass(act("a")),
    turnstile.pass(act("b", true)),
    turnstile.pass(act("c"), gaveUp.signal),
    turnstile.pass(act("d")),
  ]
  await expect(turnstile.pass(act("e"))).rejects.toThrow(BusyError)
  gaveUp.abort(new Error("gave up"))
  const settled = await Promise.allSettled(results)
  expect(settled.map((result) => (result.status === "fulfilled" ? result.value : String(result.reason)))).toEqual([
    "a",
    "Error: b",
    "Error: gave up",
    "d",
  ])
  expect(doings).toEqual(["a begins", "a ends", "b begins", "b ends", "d begins", "d ends"])
  expect(await turnstile.pass(act("f"))).toBe("f")
})
