import { FAIR_WEATHER, Persona, scenario } from "@tessera/testkit"
import { expect } from "vitest"

scenario(
  "edits that cross with cuts end everywhere with the newest words, as one note",
  async (simulation) => {
    const { random, network } = simulation
    const ada = await new Persona(simulation, "ada").arrives()
    const readers = [await new Persona(simulation, "bo").arrives(), await new Persona(simulation, "cleo").arrives()]
    for (const reader of readers) await reader.follows(ada)
    network.weather = { ...FAIR_WEATHER, latency: 50, jitter: 500, cutEvery: 5_000 }
    const notes = [await ada.writes("one, version 0"), await ada.writes("two, version 0")]
    const versions = [0, 0]
    for (let count = 0; count < 10; count += 1) {
      const which = random.integer(0, 1)
      const note = notes[which]
      if (note === undefined) continue
      versions[which] = (versions[which] ?? 0) + 1
      await ada.edits(note, `${which === 0 ? "one" : "two"}, version ${versions[which]}`)
      if (random.chance(0.3)) network.partition(ada.machine, random.pick(readers).machine)
      if (random.chance(0.4)) network.heal()
      if (random.chance(0.1)) {
        const reader = random.pick(readers)
        reader.crashes("power")
        await reader.comesBack()
      }
      await simulation.wait(random.exponential(random.pick([10, 2_000, 30_000])))
    }
    network.heal()
    network.weather = FAIR_WEATHER
    const last = [`one, version ${versions[0]}`, `two, version ${versions[1]}`]
    for (const person of [ada, ...readers]) {
      for (const text of last) await person.sees(text, { once: true })
      expect(await person.reads()).toEqual(last)
    }
    // Whoever was there all the time knows every version; nobody knows one that was never written.
    const history = await ada.history(last[0] ?? "")
    expect(history).toEqual(Array.from({ length: (versions[0] ?? 0) + 1 }, (_, version) => `one, version ${version}`).toReversed())
    for (const reader of readers) expect(history).toEqual(expect.arrayContaining([...(await reader.history(last[0] ?? ""))]))
  },
  { seeds: 3 },
)
