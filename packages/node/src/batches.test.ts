import { setTimeout as wait } from "node:timers/promises"
import { expect, test } from "vitest"
import { inBatches } from "./batches.ts"

async function collect<T>(source: AsyncIterable<readonly T[]>): Promise<readonly (readonly T[])[]> {
  const batches: (readonly T[])[] = []
  for await (const batch of source) batches.push(batch)
  return batches
}

test("what is ready comes together, in order and bounded", async () => {
  async function* source() {
    for (let i = 0; i < 10; i++) yield i
    await wait(20)
    yield 10
    await wait(20)
    yield 11
  }
  expect(await collect(inBatches(source(), 4))).toEqual([[0, 1, 2, 3], [4, 5, 6, 7], [8, 9], [10], [11]])
  expect(await collect(inBatches((async function* () {})(), 4))).toEqual([])
})

test("a failure comes after what came before it", async () => {
  async function* source() {
    yield 1
    yield 2
    throw new Error("broken")
  }
  const seen: number[] = []
  const reading = async (): Promise<void> => {
    for await (const batch of inBatches(source(), 10)) seen.push(...batch)
  }
  await expect(reading()).rejects.toThrow("broken")
  expect(seen).toEqual([1, 2])
})

test("leaving does not wait for what may never come", async () => {
  async function* source() {
    yield 1
    await new Promise(() => undefined)
  }
  for await (const batch of inBatches(source(), 10)) {
    expect(batch).toEqual([1])
    break
  }
})
