import type { SecretKey } from "@tessera/mosaic"
import { freshKind } from "./cast/kind.ts"
import { Person, type Written } from "./cast/person.ts"
import { idOf } from "./cast/record.ts"
import { notify } from "./cast/tag.ts"
import { skip } from "./verdict.ts"
import type { Peer } from "./wire/peer.ts"

/** What a server may do for its members. (Specification: network, "Server Roles") */
export type Role = "outbox" | "inbox" | "encryption"

/** What was seen of a server, by bringing it records of each sort. */
interface Seen {
  /** It does for everybody what it does for members. */
  readonly isOpen: boolean
  /** It takes what members write. */
  readonly isOutbox: boolean
  /** It takes what strangers write that tags a member, and shows it at once, or not yet. */
  readonly inbox: "shown" | "withheld" | "none"
  /** It takes what is for a member and its author alone. Inbox servers do so, too. */
  readonly takesSealed: boolean
}

/** Finds out whose records a server takes, once for all rules. */
export class Access {
  readonly #members: readonly SecretKey[]
  readonly #named: ReadonlySet<Role> | undefined
  readonly #open: () => Promise<Peer>
  #seen: Promise<Seen> | undefined

  /** @param named the roles that the server is said to have; found out, as far as that goes, when not given. */
  constructor(members: readonly SecretKey[], named: ReadonlySet<Role> | undefined, open: () => Promise<Peer>) {
    this.#members = members
    this.#named = named
    this.#open = open
  }

  /** Somebody new whose public records the server takes and shows. */
  async writer(): Promise<Person> {
    return (await this.#freshWriter()) ?? skip("it takes somebody new whose public records the server takes and shows")
  }

  /** Somebody whose public records the server takes and shows: new, or else a member, who writes for other rules as well. */
  async poster(): Promise<Person> {
    const fresh = await this.#freshWriter()
    if (fresh !== undefined) return fresh
    const { isOutbox, takesSealed } = await this.#look()
    if (isOutbox) return new Person(this.#members[0])
    if (takesSealed) skip("the server takes no public records")
    return skip(
      this.#members.length === 0
        ? "the server takes no records of strangers; name a member with --member-secret"
        : "the server takes no public records of the member, nor of strangers that tag them",
    )
  }

  /** Different members, for whom the server has a role. */
  async members(count: number, role?: Role): Promise<readonly Person[]> {
    const seen = await this.#look()
    const { isOpen } = seen
    if (!isOpen && this.#members.length < count)
      skip(`it takes ${count === 1 ? "a member" : `${count} members`}; name ${count === 1 ? "one" : "them"} with --member-secret`)
    if (role !== undefined && !this.#has(role, seen)) skip(`the server is no ${role} server for its members`)
    return isOpen ? Array.from({ length: count }, () => new Person()) : this.#members.slice(0, count).map((secret) => new Person(secret))
  }

  /** Whether the server has a role for its members, as far as was seen or said. */
  async has(role: Role): Promise<boolean> {
    return this.#has(role, await this.#look())
  }

  /** Whether everybody is a member. */
  async isOpen(): Promise<boolean> {
    return (await this.#look()).isOpen
  }

  /** Whether the server shows what strangers write to members only later, or never. */
  async isModerated(): Promise<boolean> {
    return (await this.#look()).inbox === "withheld"
  }

  /** Whether nothing but what is for a member and its author alone is taken, or the server is said to be an encryption server. */
  async isEncryptionForCertain(): Promise<boolean> {
    const { inbox, takesSealed } = await this.#look()
    return this.#named?.has("encryption") ?? (takesSealed && inbox === "none")
  }

  async #freshWriter(): Promise<Person | undefined> {
    const { isOpen, isOutbox, inbox } = await this.#look()
    if (isOpen && isOutbox) return new Person()
    if (inbox !== "shown") return undefined
    return new Person(undefined, [notify(new Person(isOpen ? undefined : this.#members[0]).key)])
  }

  #has(role: Role, { isOutbox, inbox, takesSealed }: Seen): boolean {
    if (this.#named !== undefined && !this.#named.has(role)) return false
    // What it is said to have and does not do is found by the rules.
    if (this.#named !== undefined) return true
    return { outbox: isOutbox, inbox: inbox !== "none", encryption: takesSealed }[role]
  }

  #look(): Promise<Seen> {
    return (this.#seen ??= this.#find())
  }

  async #find(): Promise<Seen> {
    using peer = await this.#open()
    const somebody = new Person()
    const kind = freshKind("unique", "tagged")
    const takes = async (person: Person, written?: Written): Promise<boolean> => isTaken(await peer.submit(person.write(written)))
    const isOpenOutbox = await takes(new Person())
    const isOpen =
      isOpenOutbox ||
      (await takes(new Person(), { tags: [notify(somebody.key)] })) ||
      (await takes(new Person(), { kind, tags: [notify(somebody.key)] }))
    const member = isOpen ? somebody : this.#members.length === 0 ? undefined : new Person(this.#members[0])
    if (member === undefined) return { isOpen, isOutbox: false, inbox: "none", takesSealed: false }
    const tagged = new Person().write({ tags: [notify(member.key)] })
    const isInbox = isTaken(await peer.submit(tagged))
    const isShown = isInbox && (await peer.get(idOf(tagged))).records.length > 0
    return {
      isOpen,
      isOutbox: isOpenOutbox || (!isOpen && (await takes(member))),
      inbox: isShown ? "shown" : isInbox ? "withheld" : "none",
      takesSealed: await takes(new Person(), { kind, tags: [notify(member.key)] }),
    }
  }
}

const isTaken = (result: string): boolean => result === "ACCEPTED" || result === "SUCCESS"
