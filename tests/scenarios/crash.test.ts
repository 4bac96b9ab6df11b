import { MachineCrashed, Persona, Simulation, formatSeed, seedsToRun } from "@tessera/testkit"
import { expect, test } from "vitest"

interface Story {
  /** What has happened before; resolves to who crashes. */
  readonly before: (simulation: Simulation) => Promise<Persona>
  /** What they are doing when the power goes. */
  readonly act: (hero: Persona) => Promise<unknown>
  /** The power is back, nothing runs yet: what must hold, whether or not they had been told that it was done. */
  readonly after: (hero: Persona, acknowledged: boolean, simulation: Simulation) => Promise<void>
}

/** Tells a story again and again, each time with the power going at the next step of the disk, before and after it. Returns how many steps it has. */
async function crashAtEveryStep(seed: bigint, story: Story): Promise<number> {
  for (let step = 1; ; step += 1) {
    let crashed = false
    for (const when of ["before", "after"] as const) {
      const simulation = new Simulation(seed)
      await simulation.run(async () => {
        simulation.trace.add("story", `the power goes ${when} step ${step}`)
        const hero = await story.before(simulation)
        hero.machine.disk.crashAtStep(step, when)
        const acknowledged = await story.act(hero).then(
          () => true,
          (error: unknown) => {
            if (error instanceof MachineCrashed) return false
            throw error
          },
        )
        // What goes on in the background has its steps too.
        await simulation.wait(10_000)
        hero.machine.disk.crashAtNoStep()
        crashed ||= !hero.machine.isUp
        hero.crashes("power")
        await story.after(hero, acknowledged, simulation)
      })
    }
    if (!crashed) return step - 1
  }
}

function crashTest(name: string, story: Story, steps: number): void {
  for (const seed of seedsToRun(1)) {
    test(`${name}: whichever step of the disk the power goes at, what was acknowledged is there and nothing half (${formatSeed(seed)})`, async () => {
      expect(await crashAtEveryStep(seed, story)).toBeGreaterThanOrEqual(steps)
    })
  }
}

crashTest(
  "setting up",
  {
    async before(simulation) {
      const ada = new Persona(simulation, "ada")
      await ada.starts()
      return ada
    },
    act: (ada) => ada.setsUp(),
    async after(ada, acknowledged, simulation) {
      const stage = await ada.starts()
      if (acknowledged) expect(stage).toBe("locked")
      if (stage === "new") await ada.setsUp()
      else await ada.unlocks(ada.passphrase)
      expect(ada.node.person().me()).toMatchObject({ displayName: "Ada Lovelace", connections: { listening: {} } })
      await ada.writes("here I am")
      const bo = await new Persona(simulation, "bo").arrives()
      const { card } = ada
      await bo.follows(ada)
      expect(await bo.sees("here I am", { once: true })).toMatchObject({ author: { label: "Ada Lovelace" } })
      ada.crashes()
      await ada.comesBack()
      expect(ada.card).toBe(card)
    },
  },
  8,
)

crashTest(
  "writing a note",
  {
    async before(simulation) {
      const ada = await new Persona(simulation, "ada").arrives()
      await ada.writes("before")
      return ada
    },
    act: (ada) => ada.writes("in the dark"),
    async after(ada, acknowledged) {
      await ada.comesBack()
      const notes = await ada.reads()
      if (acknowledged) expect(notes).toEqual(["before", "in the dark"])
      else expect([["before"], ["before", "in the dark"]]).toContainEqual(notes)
      await ada.writes("after")
      expect(await ada.reads()).toEqual([...notes, "after"])
    },
  },
  2,
)

crashTest(
  "editing a note",
  {
    async before(simulation) {
      const ada = await new Persona(simulation, "ada").arrives()
      await ada.writes("first words")
      return ada
    },
    act: async (ada) => ada.edits(await ada.sees("first words"), "better words"),
    async after(ada, acknowledged) {
      await ada.comesBack()
      const notes = await ada.reads()
      if (acknowledged) expect(notes).toEqual(["better words"])
      else expect([["first words"], ["better words"]]).toContainEqual(notes)
    },
  },
  2,
)

crashTest(
  "following somebody",
  {
    async before(simulation) {
      const ada = await new Persona(simulation, "ada").arrives()
      await ada.writes("read me")
      return new Follower(simulation, ada).arrives()
    },
    act: async (bo) => bo.follows((bo as Follower).other, "dear Ada"),
    async after(bo, acknowledged) {
      const { other } = bo as Follower
      await bo.comesBack()
      const people = bo.node.person().people.list()
      if (acknowledged || people.length > 0) {
        expect(people).toMatchObject([{ label: "dear Ada", person: other.person, following: true }])
      } else {
        await bo.follows(other)
      }
      await bo.sees("read me", { once: true })
      expect(await bo.reads()).toEqual(["read me"])
    },
  },
  2,
)

crashTest(
  "changing the passphrase",
  {
    async before(simulation) {
      const ada = await new Persona(simulation, "ada").arrives()
      await ada.writes("kept")
      return ada
    },
    act: (ada) => ada.changesPassphrase("a new one"),
    async after(ada, acknowledged) {
      expect(await ada.starts()).toBe("locked")
      const opened: string[] = []
      for (const passphrase of ["engines weave algebraic patterns daily", "a new one"]) {
        const isRight = await ada.unlocks(passphrase).then(
          () => true,
          (error: unknown) => {
            expect(error).toMatchObject({ code: "wrongPassphrase" })
            return false
          },
        )
        if (!isRight) continue
        opened.push(passphrase)
        expect(await ada.reads()).toEqual(["kept"])
        await ada.leaves()
        await ada.starts()
      }
      if (acknowledged) expect(opened).toEqual(["a new one"])
      else expect(opened).toHaveLength(1)
    },
  },
  4,
)

/** Bo, and whom he is about to follow. */
class Follower extends Persona {
  readonly other: Persona
  constructor(simulation: Simulation, other: Persona) {
    super(simulation, "bo")
    this.other = other
  }
}
