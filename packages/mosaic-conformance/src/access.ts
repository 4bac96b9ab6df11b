import type { SecretKey } from "@tessera/mosaic"
import { Person } from "./cast/person.ts"
import { notify } from "./cast/tag.ts"
import { skip } from "./verdict.ts"
import type { Peer } from "./wire/peer.ts"

/** Finds out whose records a server takes, once for all rules. */
export class Access {
  readonly #members: readonly SecretKey[]
  readonly #open: () => Promise<Peer>
  #isOpen: Promise<boolean> | undefined
  #takesTagged: Promise<boolean> | undefined

  constructor(members: readonly SecretKey[], open: () => Promise<Peer>) {
    this.#members = members
    this.#open = open
  }

  isOpen(): Promise<boolean> {
    return (this.#isOpen ??= this.#takes(new Person()))
  }

  async writer(): Promise<Person> {
    if (await this.isOpen()) return new Person()
    const [member] = this.#members
    if (member === undefined) skip("the server takes no records of strangers; name a member with --member-secret")
    const tags = [notify(new Person(member).key)]
    this.#takesTagged ??= this.#takes(new Person(undefined, tags))
    if (!(await this.#takesTagged)) skip("the server takes no records of strangers, not even when they tag the member")
    return new Person(undefined, tags)
  }

  async members(count: number): Promise<readonly Person[]> {
    if (await this.isOpen()) return Array.from({ length: count }, () => new Person())
    if (this.#members.length < count) skip(`it takes ${count} members; name ${count === 1 ? "one" : "them"} with --member-secret`)
    return this.#members.slice(0, count).map((secret) => new Person(secret))
  }

  async #takes(person: Person): Promise<boolean> {
    using peer = await this.#open()
    const result = await peer.submit(person.write())
    return result === "ACCEPTED" || result === "SUCCESS"
  }
}
