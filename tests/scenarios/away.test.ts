import { FAIR_WEATHER, MachineCrashed, Persona, formatSeed, scenario } from "@tessera/testkit"
import { expect } from "vitest"

/** Runs something that may be cut short by a crash; says whether it was done. */
async function unlessItCrashes(act: () => Promise<unknown>): Promise<boolean> {
  try {
    await act()
    return true
  } catch (error) {
    if (error instanceof MachineCrashed) return false
    throw error
  }
}

scenario(
  "away and back: each note arrives once and in order, whatever happens to line and machines meanwhile",
  async (simulation) => {
    const { random, network } = simulation
    const ada = await new Persona(simulation, "ada").arrives()
    const bo = await new Persona(simulation, "bo").arrives()
    await bo.follows(ada)
    await ada.follows(bo)
    network.weather = {
      ...FAIR_WEATHER,
      latency: random.integer(1, 200),
      jitter: random.integer(0, 300),
      cutEvery: random.pick([3_000, 30_000, 300_000]),
    }
    const written: { readonly text: string; readonly acknowledged: boolean }[] = []
    for (let count = 0; count < 7; count += 1) {
      await simulation.wait(random.exponential(random.pick([100, 5_000, 120_000])))
      for (const person of [ada, bo]) {
        if (!person.machine.isUp && random.chance(0.5)) await unlessItCrashes(() => person.comesBack())
        if (person.machine.isUp && random.chance(0.15)) person.crashes(random.pick(["power", "process"]))
      }
      if (random.chance(0.15)) network.partition(ada.machine, bo.machine)
      if (random.chance(0.3)) network.heal()
      if (!ada.machine.isUp) continue
      if (random.chance(0.1)) ada.machine.disk.crashAtStep(random.integer(1, 3), random.pick(["before", "after"]))
      const text = `note ${count} of ${formatSeed(simulation.seed)}`
      written.push({ text, acknowledged: await unlessItCrashes(() => ada.writes(text)) })
    }
    network.heal()
    network.weather = FAIR_WEATHER
    for (const person of [ada, bo]) {
      person.machine.disk.crashAtNoStep()
      if (!person.machine.isUp) await person.comesBack()
    }
    const hers = await ada.reads()
    // What was not acknowledged may be there or not; nothing else may.
    expect(hers).toEqual(written.map(({ text }) => text).filter((text) => hers.includes(text)))
    for (const { text, acknowledged } of written) if (acknowledged) expect(hers).toContain(text)
    const last = hers.at(-1)
    if (last !== undefined) await bo.sees(last, { once: true })
    await simulation.wait(180_000)
    expect(await bo.reads()).toEqual(hers)
  },
  { seeds: 24 },
)
