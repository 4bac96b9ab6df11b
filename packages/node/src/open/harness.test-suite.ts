import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openFileStorage, systemClock, systemRandom, tcpNetwork } from "../adapters/adapters.ts"
import type { NodeEvent } from "../api/contract.ts"
import { openNode } from "../node.ts"
import type { Node, NodeOptions } from "../node.ts"
import type { Ports } from "../ports.ts"
import { CHEAP } from "../vault/testing.ts"

export const PASSPHRASE = "correct horse battery staple"

/** A folder for a test, removed with it. */
export async function testFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "tessera-node-"))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** Real ports with keys that cost nothing; reached over loopback only. */
export function testPorts(folder: string, change: Partial<Ports> = {}): Ports {
  return {
    clock: systemClock,
    random: systemRandom,
    network: { ...tcpNetwork, localAddresses: () => [] },
    storage: openFileStorage(folder, { clock: systemClock }),
    kdf: CHEAP,
    ...change,
  }
}

/** A node on a folder: set up with `name` when the folder is new, else unlocked. */
export async function startPerson(folder: string, name: string, options: Partial<NodeOptions> = {}): Promise<Node> {
  const node = await openNode({ ports: testPorts(folder), version: "test", ...options })
  if (node.state.stage === "new") await node.setup({ name, passphrase: PASSPHRASE })
  else await node.unlock(PASSPHRASE)
  return node
}

/** Resolves to what `look` finds, asked again and again. */
export async function eventually<T>(look: () => T | undefined | Promise<T | undefined>, what: string, milliseconds = 10_000): Promise<T> {
  const end = Date.now() + milliseconds
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (Date.now() > end) throw new Error(`did not happen within ${milliseconds} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Keeps every event of a node. */
export function record(node: Node): NodeEvent[] {
  const events: NodeEvent[] = []
  node.events.subscribe((event) => events.push(event))
  return events
}

/** The texts of a node's timeline, newest first. */
export async function timelineOf(node: Node, limit = 100): Promise<readonly string[]> {
  const { notes } = await node.person().notes.page(undefined, limit)
  return notes.map(({ parts }) => parts.map(({ text }) => text).join(""))
}

/** `follower` follows `followed` by their card. */
export async function follow(follower: Node, followed: Node, petname?: string): Promise<void> {
  await follower.person().people.follow(followed.person().me().card.link, petname, AbortSignal.timeout(10_000))
}
