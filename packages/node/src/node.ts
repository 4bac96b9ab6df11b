import { timestampFromUnixMillis } from "@tessera/mosaic"
import type { SecretKey } from "@tessera/mosaic"
import type { Me, NodeEvent, RestoreRequest, SetupRequest, State, Suggestion } from "./api/contract.ts"
import type { DoorPlace } from "./door/door.ts"
import { EventHub } from "./events.ts"
import { createPerson, openRecoverySheet, restorePerson } from "./keys/keys.ts"
import type { NewPerson } from "./keys/keys.ts"
import { openForPerson } from "./open/open-node.ts"
import type { OpenNode } from "./open/open-node.ts"
import type { Ports } from "./ports.ts"
import { buildProfile, nameTrouble } from "./profile/profile.ts"
import { Refusal } from "./refusal.ts"
import { createTurnstile } from "./turnstile.ts"
import { openVault, passphraseTrouble, suggestPassphrase } from "./vault/vault.ts"
import type { UnlockedVault } from "./vault/vault.ts"

export type { OpenNode } from "./open/open-node.ts"

/** One person's node on one data folder: `new` until somebody is set up, `locked` until the passphrase is given, then `open`. */
export interface Node extends AsyncDisposable {
  readonly version: string
  readonly state: State
  /** Everything that interfaces are told. */
  readonly events: EventHub<NodeEvent>
  /** The node while its person is in. @throws {Refusal} `wrongStage`. */
  person(): OpenNode
  suggestion(): Suggestion
  /** Makes a new person. @throws {Refusal} */
  setup(request: SetupRequest): Promise<Me>
  /** Makes the person of a recovery sheet again. @throws {Refusal} @throws {SheetError} */
  restore(request: RestoreRequest): Promise<Me>
  /** @throws {Refusal} `wrongPassphrase`, at constant pace. */
  unlock(passphrase: string, options?: { readonly signal?: AbortSignal }): Promise<Me>
  /** Closes everything that the passphrase opened. */
  lock(): Promise<void>
}

export interface NodeOptions {
  readonly ports: Ports
  /** The program's version, for people. */
  readonly version: string
  /** Where the door listens instead of the card's port on all interfaces; open to every address then. */
  readonly door?: DoorPlace
}

/** How many may wait for their turn to set up, unlock or lock. */
const MOST_WAITING = 64

/**
 * Takes hold of the data folder.
 * @throws {AlreadyRunningError} when another process holds it.
 * @throws {VaultError} when the vault is damaged or a newer version's; nothing was written then.
 */
export async function openNode(options: NodeOptions): Promise<Node> {
  await using stack = new AsyncDisposableStack()
  stack.use(await options.ports.storage.lock())
  const stage = await openVault(options.ports).stage()
  return new PersonalNode(options, stage, stack.move())
}

class PersonalNode implements Node {
  readonly version: string
  readonly events = new EventHub<NodeEvent>()
  readonly #options: NodeOptions
  readonly #vault: ReturnType<typeof openVault>
  readonly #turn = createTurnstile(MOST_WAITING)
  readonly #held: AsyncDisposableStack
  #stage: State["stage"]
  #open: OpenNode | undefined

  constructor(options: NodeOptions, stage: "new" | "locked", held: AsyncDisposableStack) {
    this.version = options.version
    this.#options = options
    this.#vault = openVault(options.ports)
    this.#stage = stage
    this.#held = held
  }

  get state(): State {
    return { stage: this.#stage, version: this.version }
  }

  person(): OpenNode {
    if (this.#open === undefined) throw wrongStage(this.#stage)
    return this.#open
  }

  suggestion(): Suggestion {
    return { words: suggestPassphrase(this.#options.ports.random) }
  }

  setup({ name, passphrase }: SetupRequest): Promise<Me> {
    return this.#turn.pass(async () => {
      this.#require("new")
      requireUsable(name, passphrase)
      const { random, clock } = this.#options.ports
      return this.#begin(createPerson({ random, now: timestampFromUnixMillis(clock.unixMillis()) }), name, passphrase)
    })
  }

  restore({ sheet, passphrase, name }: RestoreRequest): Promise<Me> {
    return this.#turn.pass(async () => {
      this.#require("new")
      requireUsable(name, passphrase)
      const { random, clock } = this.#options.ports
      const opened = await openRecoverySheet(sheet, passphrase)
      if (!opened.ok) throw new Refusal("wrongPassphrase", opened.reason)
      return this.#begin(restorePerson(opened.master, { random, now: timestampFromUnixMillis(clock.unixMillis()) }), name, passphrase)
    })
  }

  unlock(passphrase: string, options: { readonly signal?: AbortSignal } = {}): Promise<Me> {
    return this.#turn.pass(async () => {
      this.#require("locked")
      const result = await this.#vault.unlock(passphrase, options)
      if (!result.ok) throw new Refusal("wrongPassphrase", result.reason)
      return this.#enter(result.vault)
    })
  }

  lock(): Promise<void> {
    return this.#turn.pass(async () => {
      this.#require("open")
      await this.#leave()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#turn.pass(() => this.#leave())
    await this.#held.disposeAsync()
  }

  async #begin({ master, secrets }: NewPerson, name: string, passphrase: string): Promise<Me> {
    let vault: UnlockedVault
    try {
      const profile = firstProfile(master, name, this.#options.ports)
      vault = await this.#vault.create({ passphrase, master, secrets: { ...secrets, firstRecords: [...secrets.firstRecords, profile] } })
    } finally {
      master.fill(0)
      // The vault has copies of its own.
      for (const secret of [secrets.device, secrets.encryption, secrets.door, secrets.friends, secrets.state]) secret.fill(0)
    }
    this.#moveTo("locked")
    return this.#enter(vault)
  }

  async #enter(vault: UnlockedVault): Promise<Me> {
    const { ports, door } = this.#options
    this.#open = await openForPerson({ ports, vault, events: this.events, place: door })
    this.#moveTo("open")
    return this.#open.me()
  }

  async #leave(): Promise<void> {
    const open = this.#open
    if (open === undefined) return
    this.#open = undefined
    this.#moveTo("locked")
    await open[Symbol.asyncDispose]()
  }

  #moveTo(stage: State["stage"]): void {
    this.#stage = stage
    this.events.emit({ type: "state", state: this.state })
  }

  #require(stage: State["stage"]): void {
    if (this.#stage !== stage) throw wrongStage(this.#stage)
  }
}

function wrongStage(stage: State["stage"]): Refusal {
  switch (stage) {
    case "new":
      return new Refusal("wrongStage", "Nobody is set up here yet. Begin with a name and a passphrase.")
    case "locked":
      return new Refusal("wrongStage", "Tessera is locked. Unlock it with your passphrase first.")
    case "open":
      return new Refusal("wrongStage", "Tessera is open already. Load the page again.")
  }
}

function requireUsable(name: string, passphrase: string): void {
  const trouble = nameTrouble(name) ?? passphraseTrouble(passphrase)
  if (trouble !== undefined) throw new Refusal("badRequest", trouble)
}

function firstProfile(master: SecretKey, displayName: string, { clock }: Pick<Ports, "clock">): Uint8Array {
  return buildProfile(master, { displayName }, { now: timestampFromUnixMillis(clock.unixMillis()) }).bytes
}
