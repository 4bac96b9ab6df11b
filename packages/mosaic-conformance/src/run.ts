import { type SecretKey, selfSignedCertificate } from "@tessera/mosaic"
import { Access } from "./access.ts"
import { Context } from "./context.ts"
import type { Level, Rule } from "./rule.ts"
import { RuleFailure, RuleSkip, fail } from "./verdict.ts"
import { RULES } from "./rules.ts"
import type { Target } from "./target.ts"
import { dialTls, tlsWire } from "./wire/dial-tcp.ts"
import { hello } from "./wire/message.ts"
import { Peer, describe } from "./wire/peer.ts"
import { TYPE } from "./wire/type.ts"
import { HEADER, dialWebSocket, helloAuth, helloHeaders, serverKeyOf } from "./wire/websocket-hello.ts"
import type { Wire } from "./wire/wire.ts"

/** Rules that are tried at the same time. */
const AT_ONCE = 10
/** How long one rule may take, in milliseconds. */
const RULE_MS = 60_000

/** What became of a rule: `differs` is a rule that is not kept and does not count. */
export type Outcome = "ok" | "failed" | "differs" | "skipped"

export interface RuleResult {
  readonly id: string
  readonly page: string
  readonly level: Level
  readonly title: string
  readonly outcome: Outcome
  /** What was seen instead, or why it was not tried. */
  readonly detail?: string
  readonly milliseconds: number
}

export interface RunOptions {
  readonly target: Target
  /** Only rules whose page or id starts with this. */
  readonly only?: string
  /** A rule that only our settlement makes, and that is not kept, `differs` instead of having failed. */
  readonly specOnly?: boolean
  readonly rules?: readonly Rule[]
  /** How long an answer may take, in milliseconds; 10 seconds when not given. */
  readonly answerMs?: number
  readonly signal?: AbortSignal
}

/**
 * Tries the rules with a server, some at the same time, and gives the results in the order of the rules. The server keeps the records that this writes.
 *
 * @throws the signal's reason when it aborts.
 */
export async function* runConformance(options: RunOptions): AsyncGenerator<RuleResult, void, void> {
  const { target, only = "", rules = RULES, specOnly = false, signal, answerMs } = options
  const makePeer = (wire: Wire): Peer => new Peer(wire, answerMs)
  const dial = (): Promise<Wire> => (target.transport === "tcp" ? dialTcp(target) : dialWebSocket(target, {}))
  const open = async (as?: SecretKey): Promise<Peer> =>
    target.transport === "tcp" ? greet(makePeer(await dialTcp(target, as))) : await openWebSocket(target, makePeer, as)
  const access = new Access(target.members, target.roles, () => open())
  const chosen = rules.filter(({ page, id, transport = target.transport }) => {
    return transport === target.transport && (page.startsWith(only) || id.startsWith(only))
  })
  const attempt = (rule: Rule): Promise<RuleResult> => tryRule(rule, () => new Context({ target, access, open, dial, makePeer }), specOnly)
  const running: Promise<RuleResult>[] = []
  for (const rule of chosen) {
    signal?.throwIfAborted()
    running.push(attempt(rule))
    const first = running.length < AT_ONCE ? undefined : running.shift()
    if (first !== undefined) yield await first
  }
  for (const each of running) yield await each
}

async function tryRule(rule: Rule, makeContext: () => Context, specOnly: boolean): Promise<RuleResult> {
  const { id, page, level, title } = rule
  const start = performance.now()
  const result = (outcome: Outcome, detail?: string): RuleResult => {
    const milliseconds = Math.round(performance.now() - start)
    return { id, page, level, title, outcome, ...(detail === undefined ? {} : { detail }), milliseconds }
  }
  using context = makeContext()
  try {
    await withinTime(rule.run(context))
    return result("ok")
  } catch (error) {
    if (error instanceof RuleSkip) return result("skipped", error.message)
    if (error instanceof RuleFailure)
      return result(level === "MUST" || (level === "SETTLED" && !specOnly) ? "failed" : "differs", error.message)
    throw error
  }
}

async function withinTime(running: Promise<void>): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new RuleFailure(`not done within ${RULE_MS / 1_000} seconds`)), RULE_MS)
  try {
    await Promise.race([running, promise])
  } finally {
    clearTimeout(timer)
  }
}

async function dialTcp(target: Target, as?: SecretKey): Promise<Wire> {
  return tlsWire(await dialTls(target, {}, as === undefined ? undefined : selfSignedCertificate(as)))
}

/** Hello is said in headers, and a key proved by the first message. */
async function openWebSocket(target: Target, makePeer: (wire: Wire) => Peer, as: SecretKey | undefined): Promise<Peer> {
  const wire = await dialWebSocket(target, helloHeaders(as))
  const peer = makePeer(wire)
  if (as === undefined) return peer
  const nonce =
    wire.upgrade.headers.get(HEADER.clientNonce) ?? fail("no X-Mosaic-Client-Authenticate-Nonce for somebody who wants to authenticate")
  await peer.send(helloAuth(as, serverKeyOf(target), nonce))
  const ack = await peer.next()
  if (ack?.[0] !== TYPE.HELLO_ACK) fail(`Hello Auth gets ${ack === undefined ? "the end of the connection" : describe(ack)}`)
  return peer
}

async function greet(peer: Peer): Promise<Peer> {
  await peer.send(hello())
  const ack = await peer.next()
  if (ack?.[0] !== TYPE.HELLO_ACK) fail(`Hello gets ${ack === undefined ? "the end of the connection" : describe(ack)}`)
  return peer
}
