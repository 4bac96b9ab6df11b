import { Persona, scenario } from "@tessera/testkit"
import { expect } from "vitest"

const HOUR = 3_600_000

scenario(
  "clocks that are hours apart and jump cost nobody a note",
  async (simulation) => {
    const { random } = simulation
    const skew = (): number => random.integer(-30, 30) * HOUR
    const ada = await new Persona(simulation, "ada", { skew: skew() }).arrives()
    const bo = await new Persona(simulation, "bo", { skew: skew() }).arrives()
    await bo.follows(ada)
    await ada.follows(bo)
    const written = new Map<Persona, string[]>([
      [ada, []],
      [bo, []],
    ])
    for (let count = 0; count < 8; count += 1) {
      const [writer, reader] = random.chance(0.5) ? [ada, bo] : [bo, ada]
      if (random.chance(0.5)) random.pick([ada, bo]).machine.jumpClock(skew())
      if (random.chance(0.3)) simulation.network.cut()
      if (random.chance(0.2)) {
        reader.crashes(random.pick(["power", "process"]))
        await simulation.wait(random.integer(0, HOUR))
        await reader.comesBack()
      }
      const text = `${writer.name} ${count}`
      await writer.writes(text)
      written.get(writer)?.push(text)
      await reader.sees(text, { once: true })
    }
    for (const reader of [ada, bo]) {
      for (const [writer, texts] of written) expect(await reader.reads(writer)).toEqual(texts)
    }
  },
  { seeds: 4 },
)

scenario("a node whose clock went back dates what is new after what is old, and edits still win", async (simulation) => {
  const ada = await new Persona(simulation, "ada").arrives()
  const bo = await new Persona(simulation, "bo").arrives()
  await bo.follows(ada)
  const note = await ada.writes("written on the right day")
  await bo.sees("written on the right day")
  ada.machine.jumpClock(-48 * HOUR)
  await ada.edits(note, "edited on the day before yesterday")
  await ada.writes("and a new one")
  await bo.sees("and a new one", { once: true })
  await bo.sees("edited on the day before yesterday", { once: true })
  expect(await bo.reads()).toEqual(["edited on the day before yesterday", "and a new one"])
  ada.crashes()
  await ada.comesBack()
  await ada.changesPassphrase("a passphrase of another time")
  await ada.follows(bo, "Bo")
  await ada.renames(bo, "Bo, later")
  ada.crashes()
  await ada.comesBack()
  expect(ada.node.person().people.list()).toMatchObject([{ petname: "Bo, later" }])
})
