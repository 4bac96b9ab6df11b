import { FAIR_WEATHER, Persona, scenario } from "@tessera/testkit"
import { expect } from "vitest"

scenario(
  "an answer to somebody who is away is delivered when they are back, once, and seen by those who read them",
  async (simulation) => {
    const { random, network } = simulation
    const ada = await new Persona(simulation, "ada").arrives()
    const bo = await new Persona(simulation, "bo").arrives()
    const cleo = await new Persona(simulation, "cleo").arrives()
    await bo.follows(ada)
    await cleo.follows(ada)
    const question = await ada.writes("who is there?")
    await bo.sees("who is there?")
    await cleo.sees("who is there?")
    ada.crashes("power")
    const answer = await bo.answers("who is there?", "I am")
    await simulation.wait(random.exponential(3_600_000))
    if (random.chance(0.5)) {
      bo.crashes(random.pick(["power", "process"]))
      await simulation.wait(random.exponential(600_000))
      await bo.comesBack()
    }
    // It may have to try several times.
    network.weather = { ...FAIR_WEATHER, cutEvery: random.pick([200, 2_000, 20_000]) }
    await ada.comesBack()
    await simulation.wait(random.exponential(60_000))
    network.weather = FAIR_WEATHER
    const seen = await ada.sees("I am", { once: true, within: 3_600_000 })
    expect(seen).toMatchObject({ address: answer.address, replyTo: question.address, author: { label: "Bo 🐝", following: false } })
    expect(await ada.sees("who is there?")).toMatchObject({ replyCount: 1 })
    // Cleo does not read Bo; in the thread of the one she reads, his answer is whole.
    expect(await cleo.thread("who is there?", { replies: 1 })).toEqual(["who is there?", "I am"])
    expect(await bo.thread("who is there?", { replies: 1 })).toEqual(["who is there?", "I am"])
    await ada.answers("I am", "good")
    await bo.sees("good", { once: true })
    expect(await cleo.thread("who is there?", { replies: 2 })).toEqual(["who is there?", "I am", "good"])
    await simulation.wait(3_600_000)
    expect(await ada.thread("who is there?", { replies: 2 })).toEqual(["who is there?", "I am", "good"])
  },
  { seeds: 4 },
)
