import type { SecretKey } from "@tessera/mosaic"
import { Person } from "./cast/person.ts"
import type { Access } from "./access.ts"
import type { Target } from "./target.ts"
import { Peer } from "./wire/peer.ts"
import { type Wire } from "./wire/wire.ts"

/** What a rule may use. One for each rule: what it opens is closed when it is done. */
export class Context implements Disposable {
  readonly target: Target
  readonly #access: Access
  readonly #open: (as?: SecretKey) => Promise<Peer>
  readonly #dial: () => Promise<Wire>
  readonly #resources = new DisposableStack()

  constructor(target: Target, access: Access, open: (as?: SecretKey) => Promise<Peer>, dial: () => Promise<Wire>) {
    this.target = target
    this.#access = access
    this.#open = open
    this.#dial = dial
  }

  /** A connection that has said Hello, anonymous or with a key proved. @throws {RuleFailure} when it does not come about. */
  async open(as?: SecretKey): Promise<Peer> {
    return this.#resources.use(await this.#open(as))
  }

  /** A connection on which nothing has been said yet. */
  async dial(): Promise<Peer> {
    return this.#resources.use(new Peer(await this.#dial()))
  }

  /** Closed when the rule is done. */
  keep<T extends Disposable>(resource: T): T {
    return this.#resources.use(resource)
  }

  /** Nobody that the server knows. */
  stranger(): Person {
    return new Person()
  }

  /** Somebody new whose public records the server takes. @throws {RuleSkip} when it takes nobody's. */
  writer(): Promise<Person> {
    return this.#access.writer()
  }

  /** Different people for whom the server does all that it does for its members. @throws {RuleSkip} when there are not enough of them. */
  members(count: number): Promise<readonly Person[]> {
    return this.#access.members(count)
  }

  /** One of them. */
  async member(): Promise<Person> {
    const [person] = await this.members(1)
    return person ?? this.stranger()
  }

  /** Whether the server serves everybody as a member. */
  isOpen(): Promise<boolean> {
    return this.#access.isOpen()
  }

  [Symbol.dispose](): void {
    this.#resources.dispose()
  }
}
