import { expect, test } from "vitest"
import { CrowdedOutError, FairWork } from "./fair-work.ts"

const never = new AbortController().signal
const HOSTS = ["a", "b", "c", "d"]
/** Somebody at an address of their own. */
const at = (name: string) => ({ remote: `203.0.113.${HOSTS.indexOf(name) + 1}:99`, id: 1 })

/** Work that ends when a test says so. */
class Jobs {
  readonly begun: string[] = []
  readonly #ends: (() => void)[] = []
  readonly #work: FairWork

  constructor(running: number, waiting: number) {
    this.#work = new FairWork({ running, waiting })
  }

  start(name: string, job: string, signal = never): Promise<string> {
    const work = async (): Promise<string> => {
      this.begun.push(job)
      await new Promise<void>((resolve) => this.#ends.push(resolve))
      return job
    }
    const result = this.#work.run(at(name), work, signal)
    result.catch(() => {})
    return result
  }

  async end(count = 1): Promise<void> {
    for (let i = 0; i < count; i += 1) {
      this.#ends.shift()?.()
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
    }
  }
}

test("a few run at once, and the names of those who wait take turns", async () => {
  const jobs = new Jobs(2, 100)
  const results = ["a1", "a2", "a3", "a4", "a5", "b1", "c1", "b2"].map((job) => jobs.start(job.slice(0, 1), job))
  expect(jobs.begun).toEqual(["a1", "a2"])
  await jobs.end(6)
  expect(jobs.begun).toEqual(["a1", "a2", "a3", "b1", "c1", "a4", "b2", "a5"])
  await jobs.end(2)
  expect(await Promise.all(results)).toEqual(["a1", "a2", "a3", "a4", "a5", "b1", "c1", "b2"])
  void jobs.start("d", "d1")
  expect(jobs.begun.at(-1)).toBe("d1")
})

test("where too many wait, one of whoever has most waiting gives way", async () => {
  const jobs = new Jobs(1, 3)
  void jobs.start("a", "a0")
  const waiting = ["a1", "a2", "a3"].map((job) => jobs.start("a", job))
  await expect(jobs.start("a", "a4")).rejects.toThrow(CrowdedOutError)
  const other = jobs.start("b", "b1")
  await expect(waiting[0]).rejects.toThrow(CrowdedOutError)
  await jobs.end(4)
  expect(jobs.begun).toEqual(["a0", "a2", "b1", "a3"])
  expect(await other).toBe("b1")
})

test("who gives up waiting leaves no trace, and work that fails frees its place", async () => {
  const jobs = new Jobs(1, 2)
  void jobs.start("a", "a0")
  const stop = new AbortController()
  const left = jobs.start("a", "a1", stop.signal)
  stop.abort(new Error("left"))
  await expect(left).rejects.toThrow("left")
  await expect(jobs.start("a", "a2", stop.signal)).rejects.toThrow("left")
  const next = jobs.start("a", "a3")
  await jobs.end(2)
  expect(await next).toBe("a3")
  const line = new FairWork({ running: 1, waiting: 1 })
  await expect(line.run(at("a"), () => Promise.reject(new Error("broken")), never)).rejects.toThrow("broken")
  expect(await line.run(at("a"), () => Promise.resolve(1), never)).toBe(1)
})
