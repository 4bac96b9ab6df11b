import {
  type BootstrapDht,
  type BootstrapPutOutcome,
  type PublicKey,
  type SignedBootstrap,
  parseSecretKey,
  publicKeyOf,
  signBootstrap,
} from "@tessera/mosaic"
import { expect, test } from "vitest"
import { CachedDht, type CachedDhtOptions } from "./cached-dht.ts"
import { DhtUnreachableError } from "./errors.ts"

const secretOf = (seed: number) => parseSecretKey(new Uint8Array(32).fill(seed))
const keyOf = (seed: number): PublicKey => publicKeyOf(secretOf(seed))
const signed = (sequence: bigint, seed = 1): SignedBootstrap => signBootstrap({ type: "server", urls: [] }, secretOf(seed), sequence)
const MINUTE = 60_000

/** A DHT that holds what a test says, and answers when it says. */
class FakeDht implements BootstrapDht {
  found: SignedBootstrap | undefined
  fails = false
  lookups = 0
  aborted = 0
  gate: Promise<void> = Promise.resolve()

  async lookup(
    _selector: string,
    _key: PublicKey,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<SignedBootstrap | undefined> {
    this.lookups += 1
    signal?.addEventListener("abort", () => (this.aborted += 1))
    await this.gate
    if (this.fails) throw new DhtUnreachableError("nobody there")
    return this.found
  }

  put(item: SignedBootstrap): Promise<BootstrapPutOutcome> {
    this.found = item
    return Promise.resolve({ ok: true, nodes: 8 })
  }
}

function rig(options: CachedDhtOptions = {}): { dht: FakeDht; cached: CachedDht; pass: (minutes: number) => void } {
  const dht = new FakeDht()
  let now = 0
  return { dht, cached: new CachedDht(dht, { now: () => now, ...options }), pass: (minutes) => void (now += minutes * MINUTE) }
}

test("what was found is given out for half an hour, and looked up again before it is an hour old", async () => {
  const { dht, cached, pass } = rig()
  dht.found = signed(1n)
  const look = () => cached.lookup("server", keyOf(1))
  expect(await look()).toEqual(signed(1n))
  dht.found = signed(2n)
  pass(29)
  expect(await look()).toEqual(signed(1n))
  pass(2)
  expect(await look()).toEqual(signed(2n))
  expect(dht.lookups).toBe(2)
  await cached.lookup("user", keyOf(1))
  await cached.lookup("server", keyOf(2))
  expect(dht.lookups).toBe(4)
})

test("that there is none is believed for five minutes", async () => {
  const { dht, cached, pass } = rig()
  expect(await cached.lookup("server", keyOf(1))).toBeUndefined()
  dht.found = signed(1n)
  pass(4)
  expect(await cached.lookup("server", keyOf(1))).toBeUndefined()
  pass(2)
  expect(await cached.lookup("server", keyOf(1))).toEqual(signed(1n))
})

test("it never goes back to an older one, or to none, and gives what it knew when the DHT is gone", async () => {
  const { dht, cached, pass } = rig()
  await cached.put(signed(5n))
  for (const back of [signed(4n), undefined]) {
    dht.found = back
    pass(31)
    expect(await cached.lookup("server", keyOf(1))).toEqual(signed(5n))
  }
  dht.fails = true
  pass(31)
  expect(await cached.lookup("server", keyOf(1))).toEqual(signed(5n))
  await expect(cached.lookup("server", keyOf(2))).rejects.toThrow(DhtUnreachableError)
})

test("who asks at the same time shares a lookup, and it stops when nobody waits any more", async () => {
  const { dht, cached } = rig()
  const open = Promise.withResolvers<void>()
  dht.gate = open.promise
  const stops = [new AbortController(), new AbortController()]
  const given = stops.map(({ signal }) => cached.lookup("server", keyOf(1), { signal }))
  expect(dht.lookups).toBe(1)
  stops[0]?.abort(new Error("enough"))
  await expect(given[0]).rejects.toThrow("enough")
  expect(dht.aborted).toBe(0)
  stops[1]?.abort(new Error("enough too"))
  await expect(given[1]).rejects.toThrow("enough too")
  expect(dht.aborted).toBe(1)
  const again = cached.lookup("server", keyOf(1))
  expect(dht.lookups).toBe(2)
  open.resolve()
  expect(await again).toBeUndefined()
})

test("only so many run at once, the others wait, and one too many is told", async () => {
  const { dht, cached } = rig({ running: 2 })
  const open = Promise.withResolvers<void>()
  dht.gate = open.promise
  const key = (index: number): PublicKey => {
    const bytes = new Uint8Array(32)
    new DataView(bytes.buffer).setUint32(0, index)
    // What a key is does not matter here.
    return bytes as PublicKey
  }
  const all = Array.from({ length: 258 }, (_, index) => cached.lookup("server", key(index)))
  expect(dht.lookups).toBe(2)
  await expect(cached.lookup("server", key(999))).rejects.toThrow("too many")
  open.resolve()
  await Promise.all(all)
  expect(dht.lookups).toBe(258)
})

test("it remembers so many keys, and forgets what it learned first", async () => {
  const { dht, cached } = rig({ entries: 2 })
  for (const seed of [1, 2, 3, 3, 2, 1]) await cached.lookup("server", keyOf(seed))
  expect(dht.lookups).toBe(4)
})
