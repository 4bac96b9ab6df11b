import { toHex } from "@tessera/mosaic"
import { type Contact, type Endpoint, compareDistance, endpointReach } from "./contact.ts"
import type { Outcome } from "./krpc-socket.ts"
import type { Reply } from "./krpc.ts"

/** How many of the nearest nodes hold an item. (BEP 5) */
export const NEAREST = 8
const PARALLEL = 8
/** Nodes that one search asks at most, and the nearest that it keeps in mind. */
const MOST_ASKED = 200
const MOST_KEPT = 100

/** A node that has answered, and what. */
export interface Respondent {
  readonly contact: Contact
  readonly reply: Reply
}

/** What a search needs. */
export interface SearchOptions {
  readonly target: Uint8Array
  readonly contacts: readonly Contact[]
  /** Whether this contact can be asked: of a family that has a socket, and not ourselves. */
  readonly canAsk: (contact: Contact) => boolean
  readonly ask: (contact: Contact) => Promise<Outcome>
  /** Told of every contact that did not answer, or as somebody else. */
  readonly onFailed: (contact: Contact) => void
  /** Ends the search with what it has. */
  readonly signal: AbortSignal
}

/**
 * Asks ever nearer nodes until the eight nearest that answer have answered; gives all that did, the nearest first.
 *
 * Nodes that a stranger names are asked only when everybody can reach them, so that nobody makes us send into our own network, and one an address, so that
 * nobody fills a search from one machine. Near nodes may name near ones.
 */
export async function search({ target, contacts, canAsk, ask, onFailed, signal }: SearchOptions): Promise<Respondent[]> {
  const found = new Map<string, Respondent>()
  const candidates = new Candidates(target, canAsk)
  for (const contact of contacts) candidates.add(contact)
  let asked = 0
  let running = 0
  const done = Promise.withResolvers<void>()

  function advance(): void {
    while (running < PARALLEL && asked < MOST_ASKED && !signal.aborted) {
      const contact = candidates.next()
      if (contact === undefined) break
      asked += 1
      running += 1
      void askOne(contact)
    }
    if (running === 0) done.resolve()
  }

  async function askOne(contact: Contact): Promise<void> {
    const outcome = await ask(contact)
    running -= 1
    if (outcome === undefined || !("reply" in outcome) || toHex(outcome.reply.id) !== toHex(contact.id)) {
      candidates.drop(contact)
      if (!signal.aborted) onFailed(contact)
    } else {
      found.set(toHex(contact.id), { contact, reply: outcome.reply })
      for (const named of outcome.reply.contacts) candidates.addNamed(named, contact)
    }
    advance()
  }

  advance()
  await done.promise
  return [...found.values()].sort((a, b) => compareDistance(target, a.contact.id, b.contact.id))
}

/** Whether a node may send us to another. */
export const mayName = (named: Endpoint, by: Endpoint): boolean => endpointReach(named) === "public" || endpointReach(by) === "local"

class Candidates {
  readonly #target: Uint8Array
  readonly #canAsk: (contact: Contact) => boolean
  /** The nearest first; those that failed are gone. */
  readonly #ordered: { readonly contact: Contact; isAsked: boolean }[] = []
  readonly #seen = new Set<string>()

  constructor(target: Uint8Array, canAsk: (contact: Contact) => boolean) {
    this.#target = target
    this.#canAsk = canAsk
  }

  addNamed(named: Contact, by: Contact): void {
    if (mayName(named, by)) this.add(named)
  }

  add(contact: Contact): void {
    if (!this.#canAsk(contact)) return
    const names = [toHex(contact.id), endpointReach(contact) === "public" ? contact.host : `${contact.host} ${contact.port}`]
    if (names.some((name) => this.#seen.has(name))) return
    for (const name of names) this.#seen.add(name)
    const at = this.#ordered.findIndex((other) => compareDistance(this.#target, contact.id, other.contact.id) < 0)
    this.#ordered.splice(at < 0 ? this.#ordered.length : at, 0, { contact, isAsked: false })
    this.#ordered.splice(MOST_KEPT)
  }

  /** The nearest that was not asked, when it is among the eight nearest that have not failed. */
  next(): Contact | undefined {
    const next = this.#ordered.slice(0, NEAREST).find(({ isAsked }) => !isAsked)
    if (next === undefined) return undefined
    next.isAsked = true
    return next.contact
  }

  drop(contact: Contact): void {
    const at = this.#ordered.findIndex((other) => other.contact === contact)
    if (at >= 0) this.#ordered.splice(at, 1)
  }
}
