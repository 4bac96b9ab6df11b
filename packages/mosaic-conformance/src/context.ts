import type { SecretKey } from "@tessera/mosaic"
import { Person } from "./cast/person.ts"
import type { Access, Role } from "./access.ts"
import type { Target } from "./target.ts"
import type { Peer } from "./wire/peer.ts"
import type { Wire } from "./wire/wire.ts"

/** How a context reaches the server. */
export interface ContextWays {
  readonly target: Target
  readonly access: Access
  readonly open: (as?: SecretKey) => Promise<Peer>
  readonly dial: () => Promise<Wire>
  readonly makePeer: (wire: Wire) => Peer
}

/** What a rule may use. One for each rule: what it opens is closed when it is done. */
export class Context implements Disposable {
  readonly target: Target
  readonly #access: Access
  readonly #open: (as?: SecretKey) => Promise<Peer>
  readonly #dial: () => Promise<Wire>
  readonly #makePeer: (wire: Wire) => Peer
  readonly #resources = new DisposableStack()

  constructor(ways: ContextWays) {
    this.target = ways.target
    this.#access = ways.access
    this.#open = ways.open
    this.#dial = ways.dial
    this.#makePeer = ways.makePeer
  }

  /** A connection that has said Hello, anonymous or with a key proved. @throws {RuleFailure} when it does not come about. */
  async open(as?: SecretKey): Promise<Peer> {
    return this.#resources.use(await this.#open(as))
  }

  /** A connection on which nothing has been said yet. */
  async dial(): Promise<Peer> {
    return this.talkOver(await this.#dial())
  }

  /** One over a wire that the rule has made itself. */
  talkOver(wire: Wire): Peer {
    return this.#resources.use(this.#makePeer(wire))
  }

  /** Closed when the rule is done. */
  keep<T extends Disposable>(resource: T): T {
    return this.#resources.use(resource)
  }

  /** Nobody that the server knows. */
  stranger(): Person {
    return new Person()
  }

  /** Somebody new whose public records the server takes and shows. @throws {RuleSkip} when it takes nobody's. */
  writer(): Promise<Person> {
    return this.#access.writer()
  }

  /** Somebody whose public records the server takes and shows, who may write for other rules as well. @throws {RuleSkip} when it takes nobody's. */
  poster(): Promise<Person> {
    return this.#access.poster()
  }

  /** Different members, for whom the server has a role. @throws {RuleSkip} when there are not enough of them, or it has not. */
  members(count: number, role?: Role): Promise<readonly Person[]> {
    return this.#access.members(count, role)
  }

  /** One of them. */
  async member(role?: Role): Promise<Person> {
    const [person] = await this.members(1, role)
    return person ?? this.stranger()
  }

  /** Whether everybody is a member. */
  isOpen(): Promise<boolean> {
    return this.#access.isOpen()
  }

  /** What is known of the server's roles. */
  get access(): Access {
    return this.#access
  }

  [Symbol.dispose](): void {
    this.#resources.dispose()
  }
}
