import { expect, test } from "vitest"
import { toHex } from "../bytes.ts"
import { parseSecretKey, publicKeyOf } from "../keys/secret-key.ts"
import { parseMosaicUrl } from "../url/mosaic-url.ts"
import type { Bootstrap } from "./bootstrap.ts"
import type { BootstrapDht, BootstrapPutOutcome } from "./dht-port.ts"
import { BootstrapKeeper, type BootstrapKeeperOptions, type KeepOutcome } from "./keeper.ts"
import { nextBootstrap } from "./next.ts"
import type { BootstrapShelf } from "./shelf.ts"
import { MAX_SEQUENCE, type SignedBootstrap, compareBootstraps, signBootstrap } from "./signed.ts"

const secretOf = (seed: number) => parseSecretKey(new Uint8Array(32).fill(seed))
const at = (host: string): Bootstrap => ({ type: "server", urls: [parseMosaicUrl(`mosaictcp://${host}`)] })
const [home, away, third] = [at("203.0.113.1"), at("203.0.113.2"), at("203.0.113.3")] as const
const me = secretOf(1)
const sign = (bootstrap: Bootstrap, sequence: bigint, seed = 1) => signBootstrap(bootstrap, secretOf(seed), sequence)
const nameOf = ({ selector, key }: Pick<SignedBootstrap, "selector" | "key">) => `${selector} ${toHex(key)}`

/** Holds one item a key, as a DHT does, and writes down all that was ever put. */
class FakeDht implements BootstrapDht {
  readonly items = new Map<string, SignedBootstrap>()
  readonly puts: SignedBootstrap[] = []
  isDown = false
  isFull = false
  /** Done once, between somebody's look and their put. */
  between: (() => void) | undefined

  async lookup(selector: SignedBootstrap["selector"], key: SignedBootstrap["key"]): Promise<SignedBootstrap | undefined> {
    if (this.isDown) throw new Error("nobody answers")
    return this.items.get(nameOf({ selector, key }))
  }

  async put(signed: SignedBootstrap): Promise<BootstrapPutOutcome> {
    if (this.isDown) throw new Error("nobody answers")
    const { between } = this
    this.between = undefined
    between?.()
    const known = this.items.get(nameOf(signed))
    const relation = known === undefined ? "newer" : compareBootstraps(signed, known)
    if (known !== undefined && (relation === "older" || relation === "conflict")) return { ok: false, reason: relation, known }
    if (this.isFull) return { ok: false, reason: "refused" }
    this.items.set(nameOf(signed), signed)
    this.puts.push(signed)
    return { ok: true, nodes: 8 }
  }
}

class MemoryShelf implements BootstrapShelf {
  readonly items = new Map<string, SignedBootstrap>()
  isBroken = false

  load = async () => [...this.items.values()]

  async save(signed: SignedBootstrap): Promise<void> {
    if (this.isBroken) throw new Error("no room on the disk")
    this.items.set(nameOf(signed), signed)
  }

  async remove(selector: SignedBootstrap["selector"], key: SignedBootstrap["key"]): Promise<void> {
    this.items.delete(nameOf({ selector, key }))
  }
}

/** Time that passes when a test says so. */
class Clock {
  #now = 0
  readonly #timers: { readonly at: number; readonly resolve: () => void }[] = []

  sleep = (milliseconds: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error))
      this.#timers.push({ at: this.#now + milliseconds, resolve })
    })

  async pass(minutes: number): Promise<void> {
    for (let minute = 0; minute < minutes; minute += 1) {
      this.#now += 60_000
      for (const timer of this.#timers) if (timer.at <= this.#now) timer.resolve()
      for (let turn = 0; turn < 50; turn += 1) await Promise.resolve()
    }
  }
}

class World {
  readonly dht = new FakeDht()
  readonly shelf = new MemoryShelf()
  readonly clock = new Clock()
  readonly refreshed: KeepOutcome[] = []
  readonly failures: unknown[] = []

  /** A keeper over the same shelf: as after a restart. */
  open(options: Partial<BootstrapKeeperOptions> = {}): Promise<BootstrapKeeper> {
    const { dht, shelf, clock } = this
    return BootstrapKeeper.open({
      dht,
      shelf,
      sleep: clock.sleep,
      onRefreshed: (outcome) => void this.refreshed.push(outcome),
      onFailure: (error) => void this.failures.push(error),
      ...options,
    })
  }
}

test("the first is number 1, the same text keeps its number, another takes the next after all that is known", () => {
  expect(nextBootstrap(home, me, []).sequence).toBe(1n)
  const known = sign(home, 7n)
  expect(nextBootstrap(home, me, [sign(away, 3n), known])).toBe(known)
  expect(nextBootstrap(away, me, [known, sign(away, 3n)]).sequence).toBe(8n)
  // Two texts that share a number already: neither is used again.
  expect(nextBootstrap(home, me, [known, sign(away, 7n)]).sequence).toBe(8n)
  expect(nextBootstrap(home, me, [sign(away, 7n), known]).sequence).toBe(8n)
  expect(() => nextBootstrap(away, me, [sign(home, MAX_SEQUENCE)])).toThrow(RangeError)
})

test("one's own is on the shelf before it is in the DHT, and comes back after a restart with its number", async () => {
  const world = new World()
  const keeper = await world.open()
  world.dht.between = () => expect([...world.shelf.items.values()]).toEqual([sign(home, 1n)])
  expect(await keeper.publish(home, me)).toEqual({ ok: true, nodes: 8, signed: sign(home, 1n) })
  expect(world.dht.between).toBeUndefined()
  const again = await world.open()
  expect(again.get("server", publicKeyOf(me))).toEqual(sign(home, 1n))
  // The DHT has lost it meanwhile.
  world.dht.items.clear()
  await again.publish(home, me)
  await again.publish(away, me)
  expect(world.dht.puts).toEqual([sign(home, 1n), sign(home, 1n), sign(away, 2n)])
})

test("without a look into the DHT nothing new is signed, and what was signed is tried again", async () => {
  const world = new World()
  const keeper = await world.open()
  world.dht.isDown = true
  expect(await keeper.publish(home, me)).toMatchObject({ ok: false, reason: "unknown", error: new Error("nobody answers") })
  expect(world.shelf.items.size).toBe(0)
  world.dht.isDown = false
  // Published with this key from elsewhere.
  world.dht.items.set(nameOf(sign(away, 5n)), sign(away, 5n))
  expect(await keeper.publish(home, me)).toMatchObject({ ok: true, signed: sign(home, 6n) })
  world.dht.isDown = true
  expect(await keeper.publish(home, me)).toMatchObject({ ok: false, reason: "unreachable", signed: sign(home, 6n) })
  expect(await keeper.publish(away, me)).toMatchObject({ ok: false, reason: "unknown" })
})

test("whoever puts with the same key at the same moment takes one number, and this one the next", async () => {
  const world = new World()
  const keeper = await world.open()
  world.dht.between = () => void world.dht.items.set(nameOf(sign(away, 1n)), sign(away, 1n))
  expect(await keeper.publish(home, me)).toEqual({ ok: true, nodes: 8, signed: sign(home, 2n) })
  world.dht.between = () => void world.dht.items.set(nameOf(sign(home, 9n)), sign(home, 9n))
  expect(await keeper.publish(third, me)).toEqual({ ok: true, nodes: 8, signed: sign(third, 10n) })
  expect(world.dht.puts).toEqual([sign(home, 2n), sign(third, 10n)])
})

test("a number that was signed is used up, even where it was refused each time and looks find nothing", async () => {
  const world = new World()
  const numbers: bigint[] = []
  world.dht.lookup = () => Promise.resolve(undefined)
  world.dht.put = (signed) => {
    numbers.push(signed.sequence)
    return Promise.resolve({ ok: false, reason: "conflict", known: sign(third, signed.sequence) })
  }
  await (await world.open()).publish(home, me)
  expect(await (await world.open()).publish(away, me)).toMatchObject({ ok: false, reason: "conflict" })
  expect(numbers).toEqual([1n, 2n, 3n, 4n, 5n, 6n])
})

test("many at once, of one key, take one number each", async () => {
  const world = new World()
  const keeper = await world.open()
  await Promise.all(Array.from({ length: 20 }, (_, index) => keeper.publish(index % 2 === 0 ? home : away, me)))
  expect(world.dht.puts.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 20 }, (_, index) => BigInt(index + 1)))
})

test("of others the newest is kept: what is older, or shares a number, changes nothing", async () => {
  const world = new World()
  const keeper = await world.open()
  expect(await keeper.take(sign(home, 5n, 2))).toMatchObject({ ok: true, nodes: 8 })
  expect(await keeper.take(sign(away, 4n, 2))).toMatchObject({ ok: false, reason: "older", known: sign(home, 5n, 2) })
  expect(await keeper.take(sign(away, 5n, 2))).toMatchObject({ ok: false, reason: "conflict", known: sign(home, 5n, 2) })
  expect(await keeper.take(sign(home, 5n, 2))).toMatchObject({ ok: true })
  expect([...world.shelf.items.values()]).toEqual([sign(home, 5n, 2)])
  // What the DHT knows counts as well.
  world.dht.items.set(nameOf(sign(home, 9n, 2)), sign(third, 9n, 2))
  expect(await keeper.take(sign(away, 8n, 2))).toMatchObject({ ok: false, reason: "older", known: sign(third, 9n, 2) })
  expect(keeper.get("server", sign(home, 9n, 2).key)).toEqual(sign(third, 9n, 2))
  world.dht.items.set(nameOf(sign(home, 9n, 2)), sign(third, 10n, 2))
  expect(await keeper.take(sign(away, 10n, 2))).toMatchObject({ ok: false, reason: "conflict" })
  expect([...world.shelf.items.values()]).toEqual([sign(third, 9n, 2)])
  world.dht.items.set(nameOf(sign(home, 1n, 3)), sign(home, 1n, 3))
  expect(await keeper.take(sign(away, 1n, 3))).toMatchObject({ ok: false, reason: "conflict" })
  expect(keeper.size).toBe(1)
})

test("everything is put again each hour, and what was not put every five minutes", async () => {
  const world = new World()
  const keeper = await world.open()
  await keeper.publish(home, me)
  await keeper.take(sign(away, 3n, 2))
  const stop = new AbortController()
  const running = keeper.run(stop.signal)
  await world.clock.pass(1)
  expect(world.dht.puts).toHaveLength(4)
  await world.clock.pass(58)
  expect(world.dht.puts).toHaveLength(4)
  world.dht.isDown = true
  await world.clock.pass(4)
  expect(world.refreshed.slice(2)).toMatchObject([{ reason: "unreachable" }, { reason: "unreachable" }])
  world.dht.isDown = false
  world.dht.isFull = true
  await world.clock.pass(5)
  expect(world.refreshed.slice(4)).toMatchObject([{ reason: "refused" }, { reason: "refused" }])
  world.dht.isFull = false
  await world.clock.pass(5)
  expect(world.dht.puts).toHaveLength(6)
  await world.clock.pass(40)
  expect(world.dht.puts).toHaveLength(6)
  await world.clock.pass(10)
  expect(world.dht.puts).toHaveLength(8)
  stop.abort()
  await running
})

test("at a refresh what its owner has published elsewhere takes its place, and what nobody wants any more is forgotten", async () => {
  const world = new World()
  let isWanted = true
  const keeper = await world.open({ isWanted: () => isWanted })
  await keeper.publish(home, me)
  await keeper.take(sign(away, 3n, 2))
  world.dht.items.set(nameOf(sign(away, 3n, 2)), sign(third, 4n, 2))
  const stop = new AbortController()
  const running = keeper.run(stop.signal)
  await world.clock.pass(1)
  expect(world.refreshed).toContainEqual({ ok: false, reason: "older", known: sign(third, 4n, 2) })
  expect(world.shelf.items.get(nameOf(sign(third, 4n, 2)))).toEqual(sign(third, 4n, 2))
  isWanted = false
  await world.clock.pass(60)
  expect([...world.shelf.items.values()]).toEqual([sign(home, 1n)])
  expect(keeper.size).toBe(1)
  stop.abort()
  await running
})

test("a disk that fails is told: nothing is put that is not on the shelf, and refreshing goes on", async () => {
  const world = new World()
  const keeper = await world.open()
  world.shelf.isBroken = true
  await expect(keeper.publish(home, me)).rejects.toThrow("no room")
  await expect(keeper.take(sign(away, 1n, 2))).rejects.toThrow("no room")
  expect(world.dht.puts).toEqual([])
  expect(keeper.size).toBe(0)
  world.shelf.isBroken = false
  await keeper.publish(home, me)
  world.dht.items.set(nameOf(sign(away, 2n)), sign(away, 2n))
  world.shelf.isBroken = true
  const stop = new AbortController()
  const running = keeper.run(stop.signal)
  await world.clock.pass(1)
  expect(world.failures).toEqual([new Error("no room on the disk")])
  stop.abort()
  await running
})

test("there is room for so many of others; the one handed over longest ago goes, one's own stays", async () => {
  const world = new World()
  const keeper = await world.open({ most: 2 })
  await keeper.publish(home, me)
  for (const seed of [2, 3, 2, 4]) await keeper.take(sign(home, 1n, seed))
  expect([...world.shelf.items.keys()].sort()).toEqual([1, 2, 4].map((seed) => nameOf(sign(home, 1n, seed))).sort())
  expect(keeper.size).toBe(3)
})

test("one's own is put again only once it was published, and its number is never forgotten", async () => {
  const world = new World()
  await (await world.open()).publish(home, me)
  const keeper = await world.open({ ownKey: publicKeyOf(me), isWanted: () => false, most: 0 })
  const stop = new AbortController()
  const running = keeper.run(stop.signal)
  await keeper.take(sign(home, 1n, 2))
  await world.clock.pass(61)
  expect(world.dht.puts).toEqual([sign(home, 1n), sign(home, 1n, 2)])
  await keeper.publish(away, me)
  await world.clock.pass(60)
  expect(world.dht.puts.slice(2)).toEqual([sign(away, 2n), sign(away, 2n)])
  stop.abort()
  await running
})

test("who gives up waiting is told so, and it is put at the next refresh", async () => {
  const world = new World()
  const keeper = await world.open()
  const stop = new AbortController()
  world.dht.between = () => {
    stop.abort(new Error("given up"))
    throw new Error("aborted")
  }
  await expect(keeper.take(sign(home, 1n, 2), { signal: stop.signal })).rejects.toThrow("given up")
  await keeper.refresh(new AbortController().signal)
  expect(world.dht.puts).toEqual([sign(home, 1n, 2)])
})
