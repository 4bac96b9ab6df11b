import { type Simulation, Persona, scenario } from "@tessera/testkit"
import { expect } from "vitest"

async function arrive(simulation: Simulation): Promise<{ readonly ada: Persona; readonly bo: Persona; readonly cleo: Persona }> {
  const [ada, bo, cleo] = await Promise.all([
    new Persona(simulation, "ada").arrives(),
    new Persona(simulation, "bo").arrives(),
    new Persona(simulation, "cleo").arrives(),
  ])
  return { ada, bo, cleo }
}

scenario("two people meet and read each other within a second", async (simulation) => {
  const { ada, bo } = await arrive(simulation)
  await ada.writes("before anybody read me")
  const seen = await bo.looksAt(ada)
  expect(seen).toMatchObject({ displayName: "Ada Lovelace", reachable: true, following: false })
  expect(seen.safetyWords).toEqual((await ada.looksAt(bo)).safetyWords)
  await bo.follows(ada)
  await ada.follows(bo, "Bo from the lake")
  await bo.sees("before anybody read me", { once: true })
  for (const [writer, reader] of [
    [ada, bo],
    [bo, ada],
  ] as const) {
    for (const text of writer.character.says) {
      const note = await writer.writes(text)
      expect((await reader.sees(text, { once: true, within: 1_000 })).address).toBe(note.address)
      // The page that is open shows it without being asked.
      expect(reader.told.some((event) => event.type === "note" && event.note.address === note.address)).toBe(true)
    }
  }
  const [first] = await ada.notes(bo.character.says[0] ?? "")
  expect(first?.author).toMatchObject({ label: "Bo from the lake", alsoKnownAs: "Bo 🐝", following: true, you: false })
  expect(await bo.reads(ada)).toEqual(["before anybody read me", ...ada.character.says])
})

scenario("whoever is not followed is not shown, and following ends when it is ended", async (simulation) => {
  const { ada, bo, cleo } = await arrive(simulation)
  await bo.follows(ada)
  await cleo.follows(bo)
  await ada.writes("for those who follow")
  await bo.sees("for those who follow", { once: true })
  expect(await cleo.reads()).toEqual([])
  expect(await ada.reads()).toEqual(["for those who follow"])
  await bo.unfollows(ada)
  await ada.writes("after that")
  await simulation.wait(120_000)
  expect(await bo.reads()).toEqual([])
  await bo.follows(ada)
  await bo.sees("after that", { once: true })
  expect(await bo.reads()).toEqual(["for those who follow", "after that"])
})

scenario("somebody is followed who is not there, and read when they are", async (simulation) => {
  const { ada, bo } = await arrive(simulation)
  await ada.writes("nobody was there")
  const { card } = ada
  ada.crashes()
  await bo.followsCard(card)
  await simulation.wait(3_600_000)
  expect(await bo.reads()).toEqual([])
  await ada.comesBack()
  await bo.sees("nobody was there", { once: true })
})
