import { createHash, randomBytes } from "node:crypto"
import { lookup as resolveName } from "node:dns/promises"
import {
  BOOTSTRAP_SALT,
  type BootstrapDht,
  type BootstrapDhtOptions,
  type BootstrapPutOutcome,
  type BootstrapSelector,
  DecodeError,
  type PublicKey,
  type SignedBootstrap,
  VerifyError,
  compareBootstraps,
  compareBytes,
  equalBytes,
  verifyBootstrap,
} from "@tessera/mosaic"
import { type Bencoded, type Dictionary, ascii } from "./bencode.ts"
import { type Contact, type Endpoint, ID_LENGTH } from "./contact.ts"
import { DhtUnreachableError } from "./errors.ts"
import type { Reply } from "./krpc.ts"
import { KrpcSocket, type Outcome } from "./krpc-socket.ts"
import { KnownNodes } from "./known-nodes.ts"
import { NEAREST, type Respondent, mayName, search } from "./search.ts"

/** The nodes that the specification lists to begin at. (Specification: bootstrap, "Master keypairs") */
export const PUBLIC_DHT_NODES: readonly DhtNode[] = [
  { host: "router.bittorrent.com", port: 6881 },
  { host: "dht.transmissionbt.com", port: 6881 },
  { host: "dht.libtorrent.org", port: 25_401 },
]

const QUERY_MS = 2_000
const OPERATION_MS = 20_000
/** Known nodes at which a search begins, and below which it asks the first nodes as well. */
const SEEDS = 16
/** Error code of a node that holds this sequence number already. (BEP 44) */
const SEQUENCE_NOT_NEWER = 302

/** A node to begin at, by name or address. */
export interface DhtNode {
  readonly host: string
  readonly port: number
}

/** How to take part in the mainline DHT. */
export interface MainlineDhtOptions {
  /** Where to begin. Nothing is begun at that is not named here: {@link PUBLIC_DHT_NODES}, or one's own. */
  readonly nodes: readonly DhtNode[]
  /** UDP port; 0, the default, lets the system choose. */
  readonly port?: number
  /** Addresses to bind, one of each family; all of IPv4 and IPv6 when not given. One that cannot be bound is left out, unless none can. */
  readonly addresses?: readonly string[]
  /** How long one node may take to answer, in milliseconds; 2,000 when not given. */
  readonly queryMs?: number
  /** How long a whole lookup or put may take, in milliseconds; 20,000 when not given. */
  readonly operationMs?: number
}

/**
 * The mainline DHT as a place for bootstraps (BEP 5, 32, 43, 44), IPv4 and IPv6. It asks and puts, and answers no queries (a read-only node):
 * strangers cannot make it do or keep anything.
 */
export class MainlineDht implements BootstrapDht, AsyncDisposable {
  readonly #sockets: readonly KrpcSocket[]
  readonly #nodes: readonly DhtNode[]
  readonly #operationMs: number
  readonly #id = randomBytes(ID_LENGTH)
  readonly #known = new KnownNodes()
  readonly #closed = new AbortController()

  private constructor(sockets: readonly KrpcSocket[], { nodes, operationMs = OPERATION_MS }: MainlineDhtOptions) {
    this.#sockets = sockets
    this.#nodes = nodes
    this.#operationMs = operationMs
  }

  /** Binds the sockets and sends nothing yet. @throws the system's error when no address can be bound. */
  static async open(options: MainlineDhtOptions): Promise<MainlineDht> {
    const { addresses = ["0.0.0.0", "::"], port = 0, queryMs = QUERY_MS } = options
    const opened = await Promise.allSettled(addresses.map((address) => KrpcSocket.open(address, port, queryMs)))
    const sockets = opened.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []))
    const failed = opened.find((each) => each.status === "rejected")
    if (sockets.length === 0) throw failed?.reason ?? new RangeError("addresses: none")
    return new MainlineDht(sockets, options)
  }

  /** @throws {DhtUnreachableError} when no node answers. */
  async lookup(selector: BootstrapSelector, key: PublicKey, { signal }: BootstrapDhtOptions = {}): Promise<SignedBootstrap | undefined> {
    const { newest } = await this.#find(selector, key, this.#limits(signal), signal)
    return newest
  }

  /**
   * Looks first: what is newer, or has the same sequence number with another text, is never written over, and each node is told what it held when it was
   * asked (`cas`).
   *
   * @throws {DhtUnreachableError} when no node answers.
   */
  async put(signed: SignedBootstrap, { signal }: BootstrapDhtOptions = {}): Promise<BootstrapPutOutcome> {
    const limits = this.#limits(signal)
    const { newest: known, respondents } = await this.#find(signed.selector, signed.key, limits, signal)
    const relation = known === undefined ? "newer" : compareBootstraps(signed, known)
    if (known !== undefined && (relation === "older" || relation === "conflict")) return { ok: false, reason: relation, known }
    const nearest = respondents.filter(({ reply }) => reply.token !== undefined).slice(0, NEAREST)
    const held = await Promise.all(nearest.map((respondent) => this.#putAt(respondent, signed, limits)))
    signal?.throwIfAborted()
    const nodes = held.filter(Boolean).length
    return nodes > 0 ? { ok: true, nodes } : { ok: false, reason: "refused" }
  }

  /** Ends what is under way with {@link DhtUnreachableError}, and closes the sockets. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort(new DhtUnreachableError("the DHT was closed"))
    await Promise.all(this.#sockets.map((socket) => socket[Symbol.asyncDispose]()))
  }

  /** Caller's signal, time and closing in one. */
  #limits(signal: AbortSignal | undefined): AbortSignal {
    signal?.throwIfAborted()
    this.#closed.signal.throwIfAborted()
    return AbortSignal.any([this.#closed.signal, AbortSignal.timeout(this.#operationMs), ...(signal === undefined ? [] : [signal])])
  }

  async #find(
    selector: BootstrapSelector,
    key: PublicKey,
    limits: AbortSignal,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly newest: SignedBootstrap | undefined; readonly respondents: readonly Respondent[] }> {
    const target = createHash("sha1").update(key).update(BOOTSTRAP_SALT[selector]).digest()
    const args = this.#arguments([["target", target]])
    const respondents = await search({
      target,
      contacts: await this.#seeds(target, limits),
      canAsk: (contact) => this.#socketFor(contact) !== undefined && !equalBytes(contact.id, this.#id),
      ask: (contact) => this.#ask(contact, "get", args, limits),
      onFailed: (contact) => this.#known.delete(contact),
      signal: limits,
    })
    signal?.throwIfAborted()
    this.#closed.signal.throwIfAborted()
    if (respondents.length === 0) throw new DhtUnreachableError("no node of the DHT answers")
    for (const { contact } of respondents) this.#known.add(contact)
    let newest: SignedBootstrap | undefined
    for (const { reply } of respondents) newest = newerOf(newest, reply, selector, key)
    return { newest, respondents }
  }

  /** The nearest nodes that are known; while there are few, the first nodes, and those whom they name. */
  async #seeds(target: Uint8Array, signal: AbortSignal): Promise<Contact[]> {
    const known = this.#known.nearest(target, SEEDS)
    if (known.length >= NEAREST) return known
    const found = await Promise.all(this.#nodes.map((node) => this.#begin(node, target, signal)))
    return [...known, ...found.flat()]
  }

  async #begin({ host, port }: DhtNode, target: Uint8Array, signal: AbortSignal): Promise<Contact[]> {
    const args = this.#arguments([["target", target]])
    const asked = (await resolve(host, signal)).map(async ({ address, family }): Promise<Contact[]> => {
      const endpoint: Endpoint = { host: address, port, family: family === 6 ? 6 : 4 }
      const outcome = await this.#ask(endpoint, "find_node", args, signal)
      if (outcome === undefined || !("reply" in outcome)) return []
      const { id, contacts } = outcome.reply
      return [{ ...endpoint, id }, ...contacts.filter((contact) => mayName(contact, endpoint))]
    })
    return (await Promise.all(asked)).flat()
  }

  async #putAt(
    { contact, reply }: Respondent,
    { selector, key, sequence, signature, text }: SignedBootstrap,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { token, item } = reply
    if (token === undefined) return false
    const args = this.#arguments([
      ["k", key],
      ["salt", ascii(BOOTSTRAP_SALT[selector])],
      ["seq", sequence],
      ["sig", signature],
      ["token", token],
      ["v", text],
      ...(item === undefined ? [] : [["cas", item.sequence] as const]),
    ])
    const outcome = await this.#ask(contact, "put", args, signal)
    if (outcome === undefined) return false
    if ("reply" in outcome) return true
    // Some refuse to be told again what they hold.
    return outcome.error === SEQUENCE_NOT_NEWER && item !== undefined && item.sequence === sequence && equalBytes(item.value, text)
  }

  #arguments(entries: readonly (readonly [string, Bencoded])[]): Dictionary {
    return new Map<string, Bencoded>([["id", this.#id], ...entries, ["want", this.#sockets.map(({ family }) => ascii(`n${family}`))]])
  }

  #ask(endpoint: Endpoint, method: string, args: Dictionary, signal: AbortSignal): Promise<Outcome> {
    return this.#socketFor(endpoint)?.query(endpoint, method, args, signal) ?? Promise.resolve(undefined)
  }

  #socketFor({ family }: Endpoint): KrpcSocket | undefined {
    return this.#sockets.find((socket) => socket.family === family)
  }
}

/** Of two of one sequence number, which their owner should not have made, the one with the greater text: so all who see both agree. */
function newerOf(
  newest: SignedBootstrap | undefined,
  { item }: Reply,
  selector: BootstrapSelector,
  key: PublicKey,
): SignedBootstrap | undefined {
  if (item === undefined) return newest
  const { value: text, sequence, signature } = item
  if (newest !== undefined && sequence < newest.sequence) return newest
  if (newest !== undefined && sequence === newest.sequence && compareBytes(text, newest.text) <= 0) return newest
  try {
    return verifyBootstrap({ selector, key, sequence, signature, text })
  } catch (error) {
    if (error instanceof DecodeError || error instanceof VerifyError) return newest
    throw error
  }
}

/** The addresses of a name; none when it has none, or not in time. */
async function resolve(host: string, signal: AbortSignal): Promise<readonly { readonly address: string; readonly family: number }[]> {
  const given = Promise.withResolvers<readonly never[]>()
  const giveUp = (): void => given.resolve([])
  signal.addEventListener("abort", giveUp, { once: true })
  try {
    return await Promise.race([resolveName(host, { all: true }), given.promise])
  } catch {
    // One of several nodes to begin at: the others are asked.
    return []
  } finally {
    signal.removeEventListener("abort", giveUp)
  }
}
