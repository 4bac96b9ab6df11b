import { type CharacterName, type Simulation, FAIR_WEATHER, MachineCrashed, Persona, scenario } from "@tessera/testkit"
import { expect } from "vitest"

const HOUR = 3_600_000

/** A note of somebody's, as far as they were told. */
interface Known {
  readonly address: string
  /** What it must say, or may say since an edit was cut short. */
  readonly texts: string[]
}

/** Somebody who does things at random, and remembers what they were told was done. */
class Townsman extends Persona {
  readonly written: Known[] = []
  readonly reading = new Map<Townsman, boolean | "unknown">()
  readonly answered: { readonly to: Townsman; readonly address: string }[] = []
  readonly passphrases = new Set([this.passphrase])
  /** Whether all clocks are right in this story. */
  trustsClocks = true
  count = 0
  key = ""
  lastCard = ""

  /** Writes down what others need to find them, also while they are away. */
  remembersCard(): void {
    this.key = this.person
    this.lastCard = this.card
  }

  /** Does something; `undefined` when their machine died over it. */
  async tries<T>(act: () => Promise<T>): Promise<T | undefined> {
    try {
      return await act()
    } catch (error) {
      if (error instanceof MachineCrashed) return undefined
      // A full disk is said, and changes nothing.
      if (error instanceof Error && "reason" in error && error.reason === "full") return undefined
      throw error
    }
  }

  /** Comes back from wherever they were, with whichever passphrase holds. */
  async returns(): Promise<void> {
    if (this.machine.isUp) return
    await this.starts()
    for (const passphrase of this.passphrases) {
      const isRight = await this.unlocks(passphrase).then(
        () => true,
        (error: unknown) => {
          if (error instanceof Error && "code" in error && error.code === "wrongPassphrase") return false
          throw error
        },
      )
      if (!isRight) continue
      this.passphrase = passphrase
      return
    }
    throw new Error(`no passphrase of ${this.name}'s opens the vault`)
  }
}

type Act = (who: Townsman, town: readonly Townsman[], simulation: Simulation) => Promise<unknown>

const ACTS: readonly Act[] = [
  async function writes(who) {
    who.count += 1
    const text = `${who.thinks()} ${who.name} ${who.count}`
    const note = await who.tries(() => who.writes(text))
    if (note !== undefined) who.written.push({ address: note.address, texts: [text] })
  },
  async function edits(who) {
    const known = who.written.length === 0 ? undefined : who.random.pick(who.written)
    if (known === undefined) return
    who.count += 1
    const text = `better ${who.count}`
    known.texts.push(text)
    const done = await who.tries(() => who.edits(known, text))
    if (done !== undefined) known.texts.splice(0, known.texts.length, text)
  },
  async function answers(who, town) {
    const timeline = await who.tries(() => who.timeline())
    const others = (timeline ?? []).filter(({ author }) => !author.you && author.following)
    if (others.length === 0) return
    const note = who.random.pick(others)
    const to = town.find((other) => other.key === note.author.person)
    who.count += 1
    const text = `answer ${who.name} ${who.count}`
    const answer = await who.tries(() => who.answers(note, text))
    if (answer === undefined || to === undefined) return
    who.written.push({ address: answer.address, texts: [text] })
    who.answered.push({ to, address: answer.address })
  },
  async function follows(who, town) {
    const other = who.random.pick(town.filter((one) => one !== who))
    who.reading.set(other, (await who.tries(() => who.followsCard(other.lastCard).then(() => true))) ?? "unknown")
  },
  async function unfollows(who, town, simulation) {
    const other = simulation.random.pick(town.filter((one) => one !== who))
    // Whoever answered them would wait for their door for ever.
    if (!other.machine.isUp || who.answered.some(({ to }) => to === other)) return
    who.reading.set(other, ((await who.tries(() => who.unfollows(other).then(() => "done"))) ?? "unknown") === "done" ? false : "unknown")
  },
  async function changesPassphrase(who) {
    who.count += 1
    const next = `passphrase ${who.count}`
    who.passphrases.add(next)
    await who.tries(() => who.changesPassphrase(next))
  },
  async function crashes(who, _, simulation) {
    who.crashes(simulation.random.pick(["power", "process"]))
  },
  async function crashesSoon(who, _, simulation) {
    who.machine.disk.crashAtStep(simulation.random.integer(1, 6), simulation.random.pick(["before", "after"]))
  },
  async function fillsTheDisk(who, _, simulation) {
    who.machine.disk.capacity = who.machine.disk.used + simulation.random.integer(0, 3_000)
  },
  async function empties(who) {
    who.machine.disk.capacity = Number.POSITIVE_INFINITY
  },
  async function jumps(who, _, simulation) {
    if (!who.trustsClocks) who.machine.jumpClock(simulation.random.integer(-20, 20) * HOUR)
  },
  async function quarrels(who, town, { network, random }) {
    network.partition(who.machine, random.pick(town.filter((one) => one !== who)).machine)
  },
  async function isNotHeard(who, town, { network, random }) {
    network.mute(who.machine, random.pick(town.filter((one) => one !== who)).machine)
  },
  async function locksForAWhile(who, _, simulation) {
    await who.tries(async () => {
      await who.locks()
      await simulation.wait(simulation.random.exponential(60_000))
      await who.unlocks(who.passphrase)
    })
  },
  async function heals(_, __, { network }) {
    network.heal()
  },
]
/** How often each of them happens. */
const WEIGHTS = [10, 4, 5, 4, 1, 1, 1, 2, 1, 3, 1, 2, 1, 1, 4]
const CHOICES = ACTS.flatMap((act, index) => Array.from({ length: WEIGHTS[index] ?? 1 }, () => act))

scenario(
  "a town in bad weather: whatever people and machines do, in the end everybody has what those whom they read wrote, once and in order",
  async (simulation) => {
    const { random, network } = simulation
    const names: readonly CharacterName[] = ["ada", "bo", "cleo"]
    const areClocksRight = random.chance(0.5)
    const town = names.map((name) => new Townsman(simulation, name, { skew: areClocksRight ? 0 : random.integer(-5, 5) * HOUR }))
    for (const who of town) {
      who.trustsClocks = areClocksRight
      await who.arrives()
      who.remembersCard()
    }
    for (const who of town)
      for (const other of town) if (who !== other && random.chance(0.7)) await ACTS[3]?.(who, [who, other], simulation)
    network.weather = {
      ...FAIR_WEATHER,
      latency: random.integer(1, 100),
      jitter: random.integer(0, 200),
      cutEvery: random.pick([5_000, 30_000, 200_000]),
    }
    for (let count = 0; count < 60; count += 1) {
      const who = random.pick(town)
      if (!who.machine.isUp) {
        if (random.chance(0.5)) await who.tries(() => who.returns())
      } else {
        const act = random.pick(CHOICES)
        simulation.trace.add(who.name, act.name)
        await act(who, town, simulation)
      }
      await simulation.wait(random.exponential(random.pick([10, 1_000, 30_000])))
    }
    network.heal()
    network.weather = FAIR_WEATHER
    for (const who of town) {
      who.machine.disk.crashAtNoStep()
      who.machine.disk.capacity = Number.POSITIVE_INFINITY
      await who.returns()
    }
    // Long enough for the longest back-off of those who deliver answers.
    await simulation.wait(HOUR)
    for (const who of town) await checkOwn(who)
    for (const who of town) for (const other of town) if (who !== other) await checkReading(who, other)
    for (const who of town) for (const { to, address } of who.answered) await checkAnswer(who, to, address)
  },
  { seeds: 2 },
)

async function checkOwn(who: Townsman): Promise<void> {
  const notes = (await who.timeline()).filter(({ author }) => author.you)
  expect(new Set(notes.map(({ address }) => address)).size).toBe(notes.length)
  for (const { address, texts } of who.written) {
    const note = notes.find((one) => one.address === address)
    expect(texts).toContain(note?.source)
  }
}

async function checkReading(who: Townsman, other: Townsman): Promise<void> {
  const isRead = who.node
    .person()
    .people.list()
    .some(({ person }) => person === other.key)
  const told = who.reading.get(other) ?? false
  if (told !== "unknown") expect(isRead).toBe(told)
  if (!isRead) return
  // Where clocks are wrong, what came from the future is ordered by when it came: it is all there, and once.
  const ordered = (texts: readonly string[]): string => JSON.stringify(who.trustsClocks ? texts : texts.toSorted())
  const [theirs, own] = [ordered(await who.reads(other)), ordered(await other.reads(other))]
  if (theirs !== own) throw new Error(`${who.name} reads of ${other.name}\n${theirs}, who wrote\n${own}`)
}

async function checkAnswer(who: Townsman, to: Townsman, address: string): Promise<void> {
  const seen = (await to.timeline()).filter((note) => note.address === address)
  expect(seen, `${who.name}'s answer to ${to.name}`).toHaveLength(1)
  const own = (await who.timeline()).find((note) => note.address === address)
  expect(seen[0]?.parts).toEqual(own?.parts)
}
