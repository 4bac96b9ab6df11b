import { Persona, Simulation } from "@tessera/testkit"
import { expect, test } from "vitest"

/** Everything that the simulation knows, in one story: people, cuts, a crash, a jumping clock. */
async function story(seed: bigint): Promise<{ readonly digest: string; readonly length: number }> {
  const simulation = new Simulation(seed)
  await simulation.run(async ({ network }) => {
    network.weather = { ...network.weather, cutEvery: 10_000 }
    const ada = await new Persona(simulation, "ada", { skew: 3_600_000 }).arrives()
    const bo = await new Persona(simulation, "bo").arrives()
    await bo.follows(ada)
    await ada.follows(bo)
    for (let count = 0; count < 4; count += 1) {
      const note = await ada.writes(`${ada.thinks()} ${count}`)
      await bo.sees(note.parts.map((part) => part.text).join(""), { once: true })
      await ada.pauses()
    }
    bo.machine.jumpClock(-7_200_000)
    bo.crashes()
    await ada.writes("while bo is away")
    await bo.comesBack()
    await bo.sees("while bo is away", { once: true })
    await bo.changesPassphrase("another one")
  })
  return { digest: simulation.trace.digest(), length: simulation.trace.length }
}

test("the same seed is the same run, to the byte; another seed is another one", async () => {
  const first = await story(1n)
  expect(first.length).toBeGreaterThan(200)
  expect(await story(1n)).toEqual(first)
  expect(await story(2n)).not.toEqual(first)
})
