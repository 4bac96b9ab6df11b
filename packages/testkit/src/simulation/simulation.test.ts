import { randomBytes } from "node:crypto"
import { setTimeout as delay } from "node:timers/promises"
import { describe, expect, test } from "vitest"
import { MachineCrashed } from "./incarnation.ts"
import { formatSeed, parseSeed, seedsToRun } from "./seed.ts"
import { Simulation } from "./simulation.ts"

const never = <T>(): Promise<T> => new Promise<T>(() => undefined)

describe("a simulation", () => {
  test("lets virtual days pass in no time, in the order of what is due", async () => {
    const simulation = new Simulation(1n)
    const begun = performance.now()
    const order: string[] = []
    await simulation.run(async () => {
      await Promise.all([
        simulation.wait(86_400_000).then(() => order.push("tomorrow")),
        simulation.wait(1_000).then(() => order.push("soon")),
        simulation.wait(1_000).then(() => order.push("soon, but asked later")),
      ])
    })
    expect(order).toEqual(["soon", "soon, but asked later", "tomorrow"])
    expect(simulation.time.now).toBe(86_400_000)
    expect(performance.now() - begun).toBeLessThan(5_000)
  })

  test("says which seed failed, and the last things that happened", async () => {
    const failing = new Simulation(42n).run(async (simulation) => {
      simulation.machine("ada").crash()
      throw new Error("not so")
    })
    await expect(failing).rejects.toThrow(/not so\n.*SIM_SEED=0x000000000000002a npm test -- tests\/scenarios[^]*ada: crash \(power\)/)
  })

  test("fails when nothing can happen any more", async () => {
    await expect(new Simulation(1n).run(() => never())).rejects.toThrow("Nothing can happen any more")
  })

  test("fails when a promise is rejected that nobody looks at", async () => {
    const failing = new Simulation(1n).run(async (simulation) => {
      void Promise.reject(new Error("nobody looks"))
      await simulation.wait(1)
    })
    await expect(failing).rejects.toThrow("nobody looks")
  })

  test("gives the globals of JavaScript and Node its own time and chance, and takes them back", async () => {
    const real = { setTimeout, Date, random: Math.random }
    const draw = async (seed: bigint): Promise<unknown> => {
      const simulation = new Simulation(seed)
      return simulation.run(async () => {
        const ada = simulation.machine("ada", { skew: 3_600_000 })
        return ada.do(async () => {
          const before = Date.now()
          const uptime = performance.now()
          await new Promise((resolve) => void setTimeout(resolve, 60_000))
          await delay(60_000)
          const stop = AbortSignal.timeout(30_000)
          await new Promise((resolve) => stop.addEventListener("abort", resolve))
          ada.jumpClock(-1_000)
          const passed = Date.now() - before
          expect(new Date().getTime()).toBe(Date.now())
          expect(before - simulation.epoch).toBe(3_600_000)
          expect(performance.now() - uptime).toBe(0)
          return {
            passed,
            random: Math.random(),
            bytes: [...crypto.getRandomValues(new Uint8Array(4))],
            more: randomBytes(4).toString("hex"),
          }
        })
      })
    }
    const first = await draw(7n)
    expect(first).toMatchObject({ passed: 149_000 })
    expect(await draw(7n)).toEqual(first)
    expect(await draw(8n)).not.toEqual(first)
    expect({ setTimeout, Date, random: Math.random }).toEqual(real)
  })

  test("cancels timers, and lets intervals repeat", async () => {
    const happened = await new Simulation(1n).run(async (simulation) => {
      const list: string[] = []
      clearTimeout(setTimeout(() => list.push("cancelled"), 10))
      const interval = setInterval(() => list.push("interval"), 10)
      const controller = new AbortController()
      const aborted = delay(1_000, undefined, { signal: controller.signal })
      await simulation.wait(35)
      clearInterval(interval)
      controller.abort()
      await expect(aborted).rejects.toMatchObject({ name: "AbortError" })
      await simulation.wait(35)
      return list
    })
    expect(happened).toEqual(["interval", "interval", "interval"])
  })

  test("lets a machine die in the middle of something, and come up again", async () => {
    await new Simulation(1n).run(async (simulation) => {
      const ada = simulation.machine("ada")
      let done = false
      const work = ada.do(async () => {
        await delay(1_000)
        done = true
      })
      void simulation.wait(500).then(() => ada.crash())
      await expect(work).rejects.toThrow(MachineCrashed)
      await expect(ada.do(async () => 1)).rejects.toThrow(MachineCrashed)
      await simulation.wait(1_000)
      expect(done).toBe(false)
      ada.start()
      expect(await ada.do(async () => 1)).toBe(1)
    })
  })
})

describe("a seed", () => {
  test("prints as it is read", () => {
    for (const seed of [0n, 1n, 0xffff_ffff_ffff_ffffn]) expect(parseSeed(formatSeed(seed))).toBe(seed)
    expect(parseSeed("18446744073709551615")).toBe(0xffff_ffff_ffff_ffffn)
    for (const wrong of ["", "x", "-1", "1.5", "0x", "18446744073709551616", "0x10000000000000000"])
      expect(() => parseSeed(wrong)).toThrow(RangeError)
  })

  test("is taken from SIM_SEED, several with commas between", () => {
    expect(seedsToRun(3, undefined)).toEqual([1n, 2n, 3n])
    expect(seedsToRun(3, "0x10, 7")).toEqual([16n, 7n])
  })
})
