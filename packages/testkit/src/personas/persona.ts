import { parseUserKey } from "@tessera/mosaic"
import { type Node, openNode } from "@tessera/node"
import type { CardView, NodeEvent, Note } from "@tessera/node/api"
import type { CrashKind, Machine } from "../simulation/machine.ts"
import { portsOf } from "../simulation/ports.ts"
import type { SeededRandom } from "../simulation/random.ts"
import type { Simulation } from "../simulation/simulation.ts"
import { type Character, type CharacterName, PEOPLE } from "./people.ts"

/** How often somebody looks at the screen while they wait for something, in milliseconds: less and less often. */
const FIRST_GLANCE = 100
const LAST_GLANCE = 5_000
/** How long somebody waits for something before they say that it does not come, in milliseconds. */
const PATIENCE = 600_000

export interface PersonaOptions {
  /** Milliseconds that the clock of their machine is ahead of the true time. */
  readonly skew?: number
  /** The name of their machine; their own when left out. */
  readonly machine?: string
}

/** A person of a scenario with a machine and a node: small verbs, so that a scenario reads as what people do. */
export class Persona {
  readonly name: CharacterName
  readonly character: Character
  readonly machine: Machine
  readonly random: SeededRandom
  /** What opens the vault at present. */
  passphrase: string
  readonly #simulation: Simulation
  readonly #told: NodeEvent[] = []
  #node: Node | undefined

  constructor(simulation: Simulation, name: CharacterName, options: PersonaOptions = {}) {
    this.name = name
    this.character = PEOPLE[name]
    this.passphrase = this.character.passphrase
    this.random = simulation.random.fork(name)
    this.machine = simulation.machine(options.machine ?? name, options)
    this.#simulation = simulation
  }

  /** The running node; what is asked of it directly has no end when the machine crashes meanwhile. @throws {Error} when it does not run. */
  get node(): Node {
    if (this.#node === undefined || !this.machine.isUp) throw new Error(`${this.name}'s node does not run`)
    return this.#node
  }

  /** Switches the machine on where it is off, and begins the node: it is new, or asks for the passphrase. */
  async starts(): Promise<"new" | "locked" | "open"> {
    this.machine.start()
    this.#node = undefined
    this.#node = await this.#do("starts", () => openNode({ ports: portsOf(this.machine, this.#simulation.network), version: "simulated" }))
    // Their page is open all the time, and is told everything.
    this.#node.events.subscribe((event) => void this.#told.push(event))
    return this.#node.state.stage
  }

  /** The first minute: starts, types a name and a passphrase. */
  async arrives(): Promise<this> {
    await this.starts()
    await this.setsUp()
    return this
  }

  /** Types a name and a passphrase. */
  async setsUp(): Promise<void> {
    await this.#do("sets up", () => this.node.setup({ name: this.character.displayName, passphrase: this.passphrase }))
  }

  /** Prints the recovery sheet; its text. */
  async printsSheet(): Promise<string> {
    return (await this.#do("prints a recovery sheet", () => this.node.person().recoverySheet(this.passphrase, signal()))).text
  }

  /** Begins anew on an empty disk, with the recovery sheet. */
  async restoresFrom(sheet: string): Promise<void> {
    await this.starts()
    await this.#do("restores", () => this.node.restore({ sheet, passphrase: this.passphrase, name: this.character.displayName }))
  }

  /** Locks the node; it goes on running. */
  async locks(): Promise<void> {
    await this.#do("locks", () => this.node.lock())
  }

  /** Changes what they are called and what they say about themselves. */
  async presentsThemselvesAs(displayName: string, about: string): Promise<void> {
    const request = { displayName, about, passphrase: this.passphrase }
    await this.#do("edits the profile", () => this.node.person().editProfile(request, signal()))
  }

  /** Starts again and unlocks; `after` a crash, when one is named. */
  async comesBack({ after }: { readonly after?: CrashKind } = {}): Promise<this> {
    if (after !== undefined) this.crashes(after)
    await this.starts()
    await this.unlocks(this.passphrase)
    return this
  }

  async unlocks(passphrase: string): Promise<void> {
    await this.#do("unlocks", () => this.node.unlock(passphrase))
  }

  /** Ends the node as it should be ended. */
  async leaves(): Promise<void> {
    const { node } = this
    this.#node = undefined
    await this.#do("leaves", async () => node[Symbol.asyncDispose]())
    this.machine.crash("process")
  }

  crashes(kind: CrashKind = "power"): void {
    this.machine.crash(kind)
  }

  /** What their page was told, oldest first, since the beginning. */
  get told(): readonly NodeEvent[] {
    return this.#told
  }

  /** What others need to reach them. */
  get card(): string {
    return this.node.person().me().card.link
  }

  async follows(other: Persona, petname?: string): Promise<void> {
    await this.followsCard(other.card, petname)
  }

  async followsCard(card: string, petname?: string): Promise<void> {
    await this.#do("follows", () => this.node.person().people.follow(card, petname, signal()))
  }

  async unfollows(other: Persona): Promise<void> {
    await this.#do("unfollows", () => this.node.person().people.unfollow(parseUserKey(other.person)))
  }

  /** What a card shows before anybody is followed. */
  looksAt(other: Persona): Promise<CardView> {
    return this.#do("looks at a card", () => this.node.person().people.look(other.card, signal()))
  }

  /** Posts a note; resolves when it is saved. */
  writes(text: string): Promise<Note> {
    return this.#do(`writes ${JSON.stringify(text)}`, () => this.node.person().notes.post(text, undefined))
  }

  /** Answers a note that they see, by its text or itself. */
  async answers(to: string | Pick<Note, "address">, text: string): Promise<Note> {
    const [note] = typeof to === "string" ? await this.notes(to) : [to]
    if (note === undefined) throw new Error(`${this.name} does not see ${JSON.stringify(to)}`)
    return this.#do(`answers ${JSON.stringify(text)}`, () => this.node.person().notes.post(text, note.address))
  }

  /** Changes the text of a note of their own. */
  edits(note: Pick<Note, "address">, text: string): Promise<Note> {
    return this.#do(`edits ${JSON.stringify(text)}`, () => this.node.person().notes.edit(note.address, text))
  }

  async renames(other: Persona, petname: string): Promise<void> {
    await this.#do("renames", () => this.node.person().people.rename(parseUserKey(other.person), petname))
  }

  async changesPassphrase(next: string): Promise<void> {
    await this.#do("changes the passphrase", () => this.node.person().changePassphrase(this.passphrase, next, signal()))
    this.passphrase = next
  }

  /** The whole timeline, newest first. */
  async timeline(): Promise<readonly Note[]> {
    const notes: Note[] = []
    let before: string | undefined
    do {
      const page = await this.machine.do(() => this.node.person().notes.page(before, 100))
      notes.push(...page.notes)
      before = page.next
    } while (before !== undefined)
    return notes
  }

  /** The notes of the timeline that say exactly this, newest first. */
  async notes(text: string): Promise<readonly Note[]> {
    return (await this.timeline()).filter((note) => textOf(note) === text)
  }

  /** The texts of the timeline, oldest first; of one author only, when one is named. */
  async reads(author?: Persona): Promise<readonly string[]> {
    const notes = await this.timeline()
    return notes
      .filter((note) => author === undefined || note.author.person === author.person)
      .map(textOf)
      .toReversed()
  }

  /** Every version of a note that is known here, newest first. */
  async history(text: string): Promise<readonly string[]> {
    const { address } = await this.sees(text)
    const { versions } = await this.machine.do(() => this.node.person().notes.history(address))
    return versions.map(textOf)
  }

  /**
   * The thread that a note begins: its text, then the answers, oldest first. Waits until there are as many as expected.
   * @throws {Error} when they do not come in time.
   */
  async thread(text: string, { replies }: { readonly replies: number }): Promise<readonly string[]> {
    const { address } = await this.sees(text)
    return this.#waitsFor(`${replies} answers to ${JSON.stringify(text)}`, async () => {
      const thread = await this.machine.do(() => this.node.person().notes.thread(address))
      const texts = [...(thread.root === undefined ? [] : [thread.root]), ...thread.replies].map(textOf)
      return thread.replies.length >= replies ? texts : undefined
    })
  }

  /** The key by which they are known. */
  get person(): string {
    return this.node.person().me().person
  }

  /**
   * Waits until a note is on the screen; `once`: and there is exactly one of it.
   * @throws {Error} when it does not come in time.
   */
  async sees(text: string, { once = false, within = PATIENCE }: { readonly once?: boolean; readonly within?: number } = {}): Promise<Note> {
    return this.#waitsFor(
      JSON.stringify(text),
      async () => {
        const notes = await this.notes(text)
        if (once && notes.length > 1) throw new Error(`${this.name} sees ${JSON.stringify(text)} ${notes.length} times`)
        return notes[0]
      },
      within,
    )
  }

  /** Lets as much time pass as they usually take between two things. */
  pauses(): Promise<void> {
    return this.#simulation.wait(this.random.exponential(this.character.pace))
  }

  /** Something that they might write. */
  thinks(): string {
    return this.random.pick(this.character.says)
  }

  async #waitsFor<T>(what: string, look: () => Promise<T | undefined>, within = PATIENCE): Promise<T> {
    const { time } = this.#simulation
    const begun = time.now
    for (;;) {
      const found = await look()
      if (found !== undefined) return found
      if (time.now >= begun + within) throw new Error(`${this.name} does not see ${what}, but ${JSON.stringify(await this.reads())}`)
      await this.#simulation.wait(Math.min(LAST_GLANCE, FIRST_GLANCE + (time.now - begun) / 10))
    }
  }

  async #do<T>(what: string, act: () => Promise<T>): Promise<T> {
    this.#simulation.trace.add(this.name, what)
    const result = await this.machine.do(act)
    this.#simulation.trace.add(this.name, `${what}: done`)
    return result
  }
}

/** What a note says. */
export function textOf(note: Pick<Note, "parts">): string {
  return note.parts.map((part) => part.text).join("")
}

/** People do not give up; where they do, the scenario says so. */
function signal(): AbortSignal {
  return new AbortController().signal
}
