import { type Persona, Persona as Somebody, scenario } from "@tessera/testkit"
import { expect } from "vitest"

const FULL = { name: "StorageError", reason: "full", message: expect.stringMatching(/full/i) as unknown }

/** Leaves so many bytes of room on somebody's disk. */
function leaveRoom(person: Persona, bytes: number): void {
  person.machine.disk.capacity = person.machine.disk.used + bytes
}

function makeRoom(person: Persona): void {
  person.machine.disk.capacity = Number.POSITIVE_INFINITY
}

scenario(
  "a full disk while writing is said; nothing half-written is shown anywhere, and it goes on when there is room",
  async (simulation) => {
    const ada = await new Somebody(simulation, "ada").arrives()
    const bo = await new Somebody(simulation, "bo").arrives()
    await bo.follows(ada)
    const kept = await ada.writes("there is room")
    leaveRoom(ada, simulation.random.integer(0, 200))
    await expect(ada.writes("no room for this")).rejects.toMatchObject(FULL)
    await expect(ada.edits(kept, "no room for this either")).rejects.toMatchObject(FULL)
    await expect(ada.follows(bo)).rejects.toMatchObject(FULL)
    await expect(ada.changesPassphrase("no room for a new one")).rejects.toMatchObject(FULL)
    expect(await ada.reads()).toEqual(["there is room"])
    expect(ada.node.person().people.list()).toEqual([])
    makeRoom(ada)
    await ada.writes("room again")
    await bo.sees("room again", { once: true })
    expect(await bo.reads()).toEqual(["there is room", "room again"])
    ada.crashes()
    await ada.comesBack()
    expect(await ada.reads()).toEqual(["there is room", "room again"])
  },
)

scenario("a full disk while reading loses nothing: what could not be saved comes when there is room, once", async (simulation) => {
  const ada = await new Somebody(simulation, "ada").arrives()
  const bo = await new Somebody(simulation, "bo").arrives()
  await bo.follows(ada)
  await ada.writes("first")
  await bo.sees("first", { once: true })
  leaveRoom(bo, simulation.random.integer(0, 200))
  for (const text of ["second", "third", "fourth"]) {
    await ada.writes(text)
    await simulation.wait(30_000)
  }
  expect(await bo.reads()).toEqual(["first"])
  expect(bo.told).toContainEqual({ type: "trouble", message: expect.stringMatching(/full/i) as unknown })
  makeRoom(bo)
  await bo.sees("fourth", { once: true })
  await bo.sees("second", { once: true })
  expect(await bo.reads()).toEqual(["first", "second", "third", "fourth"])
})

scenario(
  "a full disk while somebody is read for the first time loses nothing, although their keys were asked for already",
  async (simulation) => {
    const ada = await new Somebody(simulation, "ada").arrives()
    const bo = await new Somebody(simulation, "bo").arrives()
    await ada.writes("read me")
    const { card } = ada
    ada.crashes("power")
    await bo.followsCard(card)
    leaveRoom(bo, simulation.random.integer(0, 100))
    await ada.comesBack()
    await simulation.wait(simulation.random.integer(15_000, 50_000))
    makeRoom(bo)
    await bo.sees("read me", { once: true })
  },
)

scenario(
  "an answer to somebody whose disk is full for hours is delivered when there is room",
  async (simulation) => {
    const ada = await new Somebody(simulation, "ada").arrives()
    const bo = await new Somebody(simulation, "bo").arrives()
    await bo.follows(ada)
    await ada.writes("who is there?")
    await bo.sees("who is there?")
    leaveRoom(ada, simulation.random.integer(0, 200))
    await bo.answers("who is there?", "I am")
    await simulation.wait(2 * 3_600_000)
    expect(await ada.reads()).toEqual(["who is there?"])
    makeRoom(ada)
    await ada.sees("I am", { once: true, within: 3_600_000 })
  },
  { seeds: 4 },
)

scenario(
  "a full disk while following somebody is said, whatever of it still fitted; nobody is followed then and not read",
  async (simulation) => {
    const ada = await new Somebody(simulation, "ada").arrives()
    await ada.writes("read me")
    let refused = 0
    for (let room = 0; room < 1_600; room += simulation.random.integer(50, 250)) {
      const bo = new Somebody(simulation, "bo", { machine: `bo with ${room} bytes` })
      await bo.arrives()
      leaveRoom(bo, room)
      const failure: unknown = await bo.follows(ada).catch((error: unknown) => error)
      makeRoom(bo)
      if (failure !== undefined) {
        refused += 1
        expect(failure).toMatchObject(FULL)
        expect(bo.node.person().people.list()).toEqual([])
        await bo.follows(ada)
      }
      await bo.sees("read me", { once: true })
      await bo.leaves()
    }
    expect(refused).toBeGreaterThan(2)
  },
  { seeds: 1 },
)

scenario(
  "a full disk while setting up is said, and setting up works once there is room, with the same disk",
  async (simulation) => {
    let refused = 0
    // Rooms of many sizes: the disk fills up at each of the things that are written.
    for (let room = 0; room < 4_000; room += simulation.random.integer(150, 500)) {
      const name = simulation.random.pick(["ada", "bo", "cleo", "dmitri", "esther"] as const)
      const person = new Somebody(simulation, name, { machine: `${name} with ${room} bytes` })
      leaveRoom(person, room)
      await person.starts()
      const failure: unknown = await person.setsUp().catch((error: unknown) => error)
      makeRoom(person)
      if (failure !== undefined) {
        refused += 1
        expect(failure).toMatchObject(FULL)
        // As a person would: try once more, or, when there is somebody already, unlock.
        if (person.node.state.stage === "new") await person.setsUp()
        else await person.unlocks(person.passphrase)
      }
      expect(person.node.person().me()).toMatchObject({ displayName: person.character.displayName })
      await person.writes("here")
      person.crashes()
      await person.comesBack()
      expect(await person.reads()).toEqual(["here"])
      await person.leaves()
    }
    expect(refused).toBeGreaterThan(3)
  },
  { seeds: 1 },
)
