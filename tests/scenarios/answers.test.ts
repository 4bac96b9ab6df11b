import { REPLY_COMMENT, RESULT, equalBytes, notifyTag, replyTag, rootTag } from "@tessera/mosaic"
import { FAIR_WEATHER, Liar, Persona, answering, scenario } from "@tessera/testkit"
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

scenario("an answer of a stranger is not lost when the line breaks while their reader asks who they are", async (simulation) => {
  const bo = await new Persona(simulation, "bo").arrives()
  // Made by hand, so that the line breaks just there.
  const host = new Liar(simulation, "host")
  const guest = new Liar(simulation, "guest")
  const question = host.record({ text: "who is there?" })
  const place = [replyTag(question.kind, question.address), rootTag(question.kind, question.address), notifyTag(host.person)]
  const answer = guest.record({ kind: REPLY_COMMENT, text: "I am", tags: place })
  let breaks = simulation.random.integer(1, 3)
  await host.listens(
    answering(async (message, line) => {
      if (message.type !== "query" && message.type !== "subscribe") return
      const { authors } = message.filter
      const isAboutGuest = authors?.some((key) => equalBytes(key, guest.person)) === true
      if (isAboutGuest && breaks > 0) {
        breaks -= 1
        return line.hangUp()
      }
      const records = isAboutGuest ? [guest.schedule()] : authors === undefined ? [answer] : [host.schedule(), question]
      for (const { bytes } of records) await line.say({ type: "record", queryId: message.queryId, record: bytes })
      if (message.type === "subscribe") await line.say({ type: "locallyComplete", queryId: message.queryId })
      else await line.say({ type: "queryClosed", queryId: message.queryId, result: RESULT.SUCCESS })
    }),
  )
  await bo.followsCard(host.card)
  expect(await bo.thread("who is there?", { replies: 1 })).toEqual(["who is there?", "I am"])
  expect(breaks).toBe(0)
})
