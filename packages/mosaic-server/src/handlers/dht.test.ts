import { setTimeout as delay } from "node:timers/promises"
import {
  type BootstrapDht,
  type BootstrapPutOutcome,
  type BootstrapSelector,
  type BootstrapShelf,
  type DhtPut,
  type DhtResponse,
  type Message,
  type PublicKey,
  type SignedBootstrap,
  BootstrapKeeper,
  RESULT,
  bootstrapSigningBytes,
  compareBootstraps,
  encodeMessage,
  encodeUtf8,
  parseMosaicUrl,
  signBootstrap,
  signEd25519,
  toHex,
} from "@tessera/mosaic"
import { describe, expect, it } from "vitest"
import type { Limits } from "../limits.ts"
import { MemberList } from "../policy/members.ts"
import { allOf } from "../policy/all-of.ts"
import { anyOf } from "../policy/any-of.ts"
import { rolesPolicy } from "../policy/roles.ts"
import { sizePolicy } from "../policy/size.ts"
import { RawPeer } from "../testing/raw-peer.test-suite.ts"
import { channelPair } from "../transport/channel-pair.ts"
import { persona } from "../testing/personas.test-suite.ts"
import { Rig } from "../testing/rig.test-suite.ts"

const [ada, ben, mallory] = [persona(1), persona(2), persona(3)] as const
const home = persona(200)
const nobody: BootstrapShelf = { load: async () => [], save: async () => {}, remove: async () => {} }

const bootstrapOf = (owner: typeof ada, sequence: bigint, host = "203.0.113.1"): SignedBootstrap =>
  signBootstrap({ type: "server", urls: [parseMosaicUrl(`mosaictcp://${host}`)] }, owner.secret, sequence)

const userBootstrapOf = (owner: typeof ada, sequence: bigint): SignedBootstrap =>
  signBootstrap({ type: "user", servers: [{ usage: 7, serverKey: home.key }] }, owner.secret, sequence)

const putOf = (signed: SignedBootstrap, changes: Partial<DhtPut> = {}): DhtPut => ({ type: "dhtPut", ...signed, ...changes })
const lookupOf = (key: Uint8Array, selector: BootstrapSelector = "server"): Message => ({ type: "dhtLookup", selector, key })

/** A DHT that holds one item a key, and waits, fails or counts as a test says. */
class FakeDht implements BootstrapDht {
  readonly items = new Map<string, SignedBootstrap>()
  readonly looked: string[] = []
  isDown = false
  aborted = 0
  gate: Promise<void> | undefined

  add(signed: SignedBootstrap): void {
    this.items.set(`${signed.selector} ${toHex(signed.key)}`, signed)
  }

  async lookup(selector: BootstrapSelector, key: PublicKey, { signal }: { readonly signal?: AbortSignal } = {}) {
    this.looked.push(toHex(key))
    await this.#wait(signal)
    if (this.isDown) throw new Error("nobody answers")
    return this.items.get(`${selector} ${toHex(key)}`)
  }

  async put(signed: SignedBootstrap, { signal }: { readonly signal?: AbortSignal } = {}): Promise<BootstrapPutOutcome> {
    await this.#wait(signal)
    if (this.isDown) throw new Error("nobody answers")
    const known = this.items.get(`${signed.selector} ${toHex(signed.key)}`)
    const relation = known === undefined ? "newer" : compareBootstraps(signed, known)
    if (known !== undefined && (relation === "older" || relation === "conflict")) return { ok: false, reason: relation, known }
    this.add(signed)
    return { ok: true, nodes: 8 }
  }

  async #wait(signal: AbortSignal | undefined): Promise<void> {
    if (this.gate === undefined) return
    const aborted = Promise.withResolvers<void>()
    signal?.addEventListener("abort", () => {
      this.aborted += 1
      aborted.reject(signal.reason)
    })
    await Promise.race([this.gate, aborted.promise])
  }
}

/** A server that has Ada for a member and uses a DHT of its own. */
async function rigWith(limits: Partial<Limits> = {}, shelf = nobody) {
  const dht = new FakeDht()
  const keeper = await BootstrapKeeper.open({ dht, shelf, sleep: () => Promise.reject(new Error("not run")) })
  const policy = rolesPolicy({ roles: new Set(["outbox", "inbox"]), members: new MemberList([ada.key]) })
  return { dht, keeper, rig: new Rig({ limits, policy, dht: { lookups: dht, keeper } }) }
}

async function resultOf(rig: Rig, message: Message, key?: PublicKey): Promise<number | undefined> {
  const peer = await rig.connect(key)
  peer.send(message)
  const answer = await peer.next()
  if (answer?.type !== "dhtPutResult" && answer?.type !== "dhtResponse") throw new Error(`${answer?.type}`)
  if ((message.type === "dhtPut" || message.type === "dhtLookup") && toHex(message.key) !== toHex(answer.key))
    throw new Error("the answer names another key")
  return answer.result
}

describe("a DHT Lookup", () => {
  it("brings what the DHT has, to anybody, with its own signature", async () => {
    const { rig, dht } = await rigWith()
    await using _rig = rig
    const signed = bootstrapOf(ben, 7n)
    dht.add(signed)
    const peer = await rig.connect()
    peer.send(lookupOf(ben.key))
    expect(await peer.next()).toEqual({ type: "dhtResponse", result: RESULT.SUCCESS, ...signed })
  })

  it("says what it did not find, and that the DHT does not answer", async () => {
    const { rig, dht } = await rigWith()
    await using _rig = rig
    dht.add(bootstrapOf(ben, 7n))
    const peer = await rig.connect()
    peer.send(lookupOf(ben.key, "user"))
    const nothing = { sequence: 0n, signature: new Uint8Array(64), text: new Uint8Array(0) }
    expect(await peer.next()).toEqual({ type: "dhtResponse", result: RESULT.NOT_FOUND, selector: "user", key: ben.key, ...nothing })
    dht.isDown = true
    expect(await resultOf(rig, lookupOf(ben.key))).toBe(RESULT.TEMPORARY_ERROR)
    expect(rig.events).toContainEqual({ type: "failed", doing: "looking up in the DHT", error: new Error("nobody answers") })
    expect(await resultOf(rig, lookupOf(new Uint8Array(32)))).toBe(RESULT.INVALID)
    expect(await resultOf(rig, lookupOf(new Uint8Array(32).fill(0xff)))).toBe(RESULT.INVALID)
    expect(dht.looked).toHaveLength(2)
  })

  it("is served from what is kept where the DHT does not answer, or has less", async () => {
    const { rig, dht, keeper } = await rigWith()
    await using _rig = rig
    await keeper.take(bootstrapOf(ada, 4n))
    const peer = await rig.connect()
    for (const [isDown, items] of [
      [true, [bootstrapOf(ada, 4n)]],
      [false, []],
      [false, [bootstrapOf(ada, 3n)]],
    ] as const) {
      dht.isDown = isDown
      dht.items.clear()
      for (const item of items) dht.add(item)
      peer.send(lookupOf(ada.key))
      expect(await peer.next()).toEqual({ type: "dhtResponse", result: RESULT.SUCCESS, ...bootstrapOf(ada, 4n) })
    }
  })

  it("holds up nothing else, and its answer comes when it comes", async () => {
    const { rig, dht } = await rigWith()
    await using _rig = rig
    const gate = Promise.withResolvers<void>()
    dht.gate = gate.promise
    const peer = await rig.connect()
    peer.send(lookupOf(ben.key), lookupOf(mallory.key))
    expect(await peer.arrived()).toEqual([])
    gate.resolve()
    expect([(await peer.next())?.type, (await peer.next())?.type]).toEqual(["dhtResponse", "dhtResponse"])
  })

  it("that takes too long gets TEMPORARY_ERROR, and is given up with its connection", async () => {
    const { rig, dht } = await rigWith({ dhtMs: 20 })
    await using _rig = rig
    dht.gate = new Promise(() => {})
    expect(await resultOf(rig, lookupOf(ben.key))).toBe(RESULT.TEMPORARY_ERROR)
    await expect.poll(() => dht.aborted).toBe(1)
    const { rig: patient, dht: slow } = await rigWith({ writeMs: 20 })
    await using _patient = patient
    slow.gate = dht.gate
    const peer = await patient.connect()
    peer.send(lookupOf(ben.key))
    await expect.poll(() => slow.looked.length).toBe(1)
    await peer.channel.close()
    await expect.poll(() => [slow.aborted, patient.server.stats().heldBytes]).toEqual([1, 0])
  })

  it("does not wait behind all that somebody at another address asks", async () => {
    const { rig, dht } = await rigWith({ dhtRunning: 2 })
    await using _rig = rig
    const gate = Promise.withResolvers<void>()
    dht.gate = gate.promise
    const from = async (remote: string): Promise<RawPeer> => {
      const [client, server] = channelPair()
      const { incoming, peerKey } = server
      void rig.server.serve({ incoming, peerKey, remote, write: (bytes) => server.write(bytes), close: () => server.close() })
      return new RawPeer(client).greet()
    }
    const floods = await Promise.all([1, 2, 3].map((port) => from(`203.0.113.1:${port}`)))
    for (const flood of floods) flood.send(...Array.from({ length: 50 }, () => lookupOf(mallory.key)))
    await expect.poll(() => dht.looked).toHaveLength(2)
    const other = await from("203.0.113.2:1")
    other.send(lookupOf(ben.key))
    expect(await other.arrived()).toEqual([])
    // It begins when others have had their turn.
    await delay(50)
    gate.resolve()
    expect(await other.next()).toMatchObject({ type: "dhtResponse", key: ben.key })
    expect(dht.looked.indexOf(toHex(ben.key))).toBeLessThan(6)
  })

  it("is refused with TOO_FAST beyond what one connection may ask, and may wait for", async () => {
    const { rig, dht } = await rigWith({ dhtLookupBurst: 5, dhtLookupsPerSecond: 0, dhtInFlight: 3 })
    await using _rig = rig
    const gate = Promise.withResolvers<void>()
    dht.gate = gate.promise
    const peer = await rig.connect()
    peer.send(...Array.from({ length: 8 }, () => lookupOf(ben.key)))
    const refused = (await peer.arrived()) as DhtResponse[]
    expect(refused.map(({ result }) => result)).toEqual(Array.from({ length: 5 }, () => RESULT.TOO_FAST))
    gate.resolve()
    for (let i = 0; i < 3; i += 1) expect(await peer.next()).toMatchObject({ result: RESULT.NOT_FOUND })
  })
})

describe("a DHT Put", () => {
  it("of a member's bootstrap is put and kept, whoever brings it", async () => {
    const { rig, dht, keeper } = await rigWith()
    await using _rig = rig
    expect(await resultOf(rig, putOf(bootstrapOf(ada, 1n)))).toBe(RESULT.SUCCESS)
    expect(await resultOf(rig, putOf(userBootstrapOf(ada, 1n)), mallory.key)).toBe(RESULT.SUCCESS)
    expect([...dht.items.values()]).toEqual([bootstrapOf(ada, 1n), userBootstrapOf(ada, 1n)])
    expect(keeper.get("user", ada.key)).toEqual(userBootstrapOf(ada, 1n))
  })

  it("is refused when it is no member's, whatever key the peer has proved", async () => {
    const { rig, dht } = await rigWith()
    await using _rig = rig
    expect(await resultOf(rig, putOf(bootstrapOf(ben, 1n)))).toBe(RESULT.UNAUTHORIZED)
    expect(await resultOf(rig, putOf(bootstrapOf(ben, 1n)), ada.key)).toBe(RESULT.UNAUTHORIZED)
    expect(dht.items.size).toBe(0)
  })

  it("is INVALID when it does not hold", async () => {
    const { rig, dht } = await rigWith()
    await using _rig = rig
    const signed = bootstrapOf(ada, 5n)
    const wrongSalt = { ...userBootstrapOf(ada, 5n), selector: "server" as const }
    const slip = encodeUtf8("S\nmosaictcp://203.0.113.1\nhttp://203.0.113.1")
    const slippery = { sequence: 5n, text: slip, signature: signEd25519(bootstrapSigningBytes({ ...signed, text: slip }), ada.secret) }
    for (const changes of [
      { sequence: 6n },
      { text: encodeUtf8("S") },
      { text: encodeUtf8("U") },
      { selector: "user" as const },
      { signature: new Uint8Array(64) },
      { signature: bootstrapOf(ben, 5n).signature },
      { key: new Uint8Array(32) },
      wrongSalt,
      slippery,
    ])
      expect(await resultOf(rig, putOf(signed, changes))).toBe(RESULT.INVALID)
    expect(dht.items.size).toBe(0)
    expect(await resultOf(rig, putOf(signed))).toBe(RESULT.SUCCESS)
  })

  it("is INVALID when it is longer than 983 bytes", async () => {
    const { rig } = await rigWith()
    await using _rig = rig
    const bytes = new Uint8Array(112 + 984)
    bytes.set(encodeMessage(putOf(bootstrapOf(ada, 5n))).subarray(0, 112))
    new DataView(bytes.buffer).setUint16(1, bytes.length, true)
    bytes[3] = 0
    const peer = await rig.connect()
    peer.sendBytes(bytes)
    expect(await peer.next()).toEqual({ type: "dhtPutResult", result: RESULT.INVALID, key: ada.key })
  })

  it("never goes back, and never gives one number two texts", async () => {
    const { rig, dht } = await rigWith()
    await using _rig = rig
    expect(await resultOf(rig, putOf(bootstrapOf(ada, 5n)))).toBe(RESULT.SUCCESS)
    expect(await resultOf(rig, putOf(bootstrapOf(ada, 5n)))).toBe(RESULT.SUCCESS)
    expect(await resultOf(rig, putOf(bootstrapOf(ada, 4n)))).toBe(RESULT.DUPLICATE)
    expect(await resultOf(rig, putOf(bootstrapOf(ada, 5n, "203.0.113.9")))).toBe(RESULT.INVALID)
    // What the DHT knows counts as well.
    dht.add(bootstrapOf(ada, 9n))
    expect(await resultOf(rig, putOf(bootstrapOf(ada, 8n)))).toBe(RESULT.DUPLICATE)
    expect([...dht.items.values()]).toEqual([bootstrapOf(ada, 9n)])
  })

  it("is ACCEPTED and kept when the DHT does not answer, TEMPORARY_ERROR when the disk does not", async () => {
    const { rig, dht, keeper } = await rigWith()
    await using _rig = rig
    dht.isDown = true
    expect(await resultOf(rig, putOf(bootstrapOf(ada, 5n)))).toBe(RESULT.ACCEPTED)
    dht.isDown = false
    await keeper.refresh(new AbortController().signal)
    expect([...dht.items.values()]).toEqual([bootstrapOf(ada, 5n)])
    const broken = { ...nobody, save: () => Promise.reject(new Error("no room")) }
    const { rig: full } = await rigWith({}, broken)
    await using _full = full
    expect(await resultOf(full, putOf(bootstrapOf(ada, 5n)))).toBe(RESULT.TEMPORARY_ERROR)
    expect(full.events).toContainEqual({ type: "failed", doing: "answering a dhtPut", error: new Error("no room") })
  })

  it("is refused with TOO_FAST beyond what one connection may put", async () => {
    const { rig } = await rigWith({ dhtPutBurst: 2, dhtPutsPerSecond: 0 })
    await using _rig = rig
    const peer = await rig.connect()
    peer.send(...Array.from({ length: 4 }, () => putOf(bootstrapOf(ada, 5n))))
    const results: number[] = []
    for (let i = 0; i < 4; i += 1) results.push(((await peer.next()) as DhtResponse | undefined)?.result ?? -1)
    expect(results.toSorted((a, b) => a - b)).toEqual([RESULT.SUCCESS, RESULT.SUCCESS, RESULT.TOO_FAST, RESULT.TOO_FAST])
  })
})

describe("a server without the DHT", () => {
  it("says so for good, after it has looked at what it was given", async () => {
    await using rig = new Rig({ policy: rolesPolicy({ roles: new Set(["outbox"]), members: new MemberList([ada.key]) }) })
    expect(await resultOf(rig, lookupOf(ben.key))).toBe(RESULT.PERSISTENT_ERROR)
    expect(await resultOf(rig, lookupOf(new Uint8Array(32)))).toBe(RESULT.INVALID)
    expect(await resultOf(rig, putOf(bootstrapOf(ada, 1n)))).toBe(RESULT.PERSISTENT_ERROR)
    expect(await resultOf(rig, putOf(bootstrapOf(ben, 1n)))).toBe(RESULT.UNAUTHORIZED)
    expect(await resultOf(rig, putOf(bootstrapOf(ada, 1n), { sequence: 2n }))).toBe(RESULT.INVALID)
  })
})

describe("who may have a bootstrap put", () => {
  const members = (...keys: PublicKey[]) => rolesPolicy({ roles: new Set(["outbox"]), members: new MemberList(keys) })
  const other = sizePolicy({ recordBytes: 1_000 })
  const refused = { ok: false, code: RESULT.UNAUTHORIZED }

  it("is said by the policies that have a say, together", () => {
    const signed = bootstrapOf(ada, 1n)
    expect(allOf(other, members(ada.key)).admitBootstrap?.(signed, undefined)).toEqual({ ok: true })
    expect(allOf(other, members(ada.key), members(ben.key)).admitBootstrap?.(signed, undefined)).toMatchObject(refused)
    expect(anyOf(members(ben.key), other, members(ada.key)).admitBootstrap?.(signed, undefined)).toEqual({ ok: true })
    expect(anyOf(members(ben.key), other).admitBootstrap?.(signed, undefined)).toMatchObject(refused)
    expect([allOf(other), anyOf(other)].filter((policy) => "admitBootstrap" in policy)).toEqual([])
  })
})
