import {
  type ByteChannel,
  type Timestamp,
  type VerifiedRecord,
  MICROBLOG_ROOT,
  PROFILE,
  buildRecord,
  encodeUtf8,
  nonceFromText,
  nonceFromTimestamp,
  parseSecretKey,
  parseTimestamp,
  publicKeyOf,
  toHex,
} from "@tessera/mosaic"
import { type MosaicServer, type RecordStore, channelPair, createServer, openMemoryStore, rolesPolicy } from "@tessera/mosaic-server"
import { setImmediate as turn } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import { type KeptItem, type KeptState, keepSubscribed } from "./keep-subscribed.ts"
import type { ResumePoint } from "./resume-point.ts"

const SECOND = 1_000_000_000n
const HOUR = 3_600n * SECOND
const START = 1_790_000_000n * SECOND
const author = parseSecretKey(new Uint8Array(32).fill(3))
const filter = { authors: [publicKeyOf(author)] }
const policy = rolesPolicy({ roles: new Set(["outbox"]), members: "everybody" })

/** A small generator of numbers from a seed (mulberry32), so that each run can be repeated. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Time that passes only when it is told to. */
class VirtualTime {
  elapsed = 0n
  readonly #timers = new Set<{ at: bigint; resolve: () => void }>()

  readonly sleep = (milliseconds: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      const timer = { at: this.elapsed + BigInt(milliseconds) * 1_000_000n, resolve }
      this.#timers.add(timer)
      signal.addEventListener("abort", () => {
        this.#timers.delete(timer)
        reject(signal.reason)
      })
    })

  async pass(nanoseconds: bigint): Promise<void> {
    const until = this.elapsed + nanoseconds
    for (;;) {
      await settle()
      const next = [...this.#timers].filter(({ at }) => at <= until).sort((a, b) => Number(a.at - b.at))[0]
      if (next === undefined) break
      this.elapsed = next.at
      this.#timers.delete(next)
      next.resolve()
    }
    this.elapsed = until
    await settle()
  }
}

/** Lets everything happen that can happen without time passing. */
async function settle(): Promise<void> {
  for (let i = 0; i < 40; i += 1) await turn()
}

/** A server with its own wrong clock, behind a line that can be cut. */
class World {
  readonly time = new VirtualTime()
  readonly #random: () => number
  serverSkew = 0n
  clientSkew = 0n
  isReachable = true
  /** What the server says is lost on the way. */
  isMuted = false
  readonly store: RecordStore
  server: MosaicServer
  #line: [ByteChannel, ByteChannel] | undefined
  #written = 0

  constructor(seed: number) {
    this.#random = seeded(seed)
    this.store = openMemoryStore({ now: () => this.#clock(this.serverSkew) })
    this.server = this.#start()
  }

  #clock(skew: bigint): Timestamp {
    const now = START + this.time.elapsed + skew
    return parseTimestamp(now > 0n ? now : 0n)
  }

  #start(): MosaicServer {
    return createServer({
      store: this.store,
      serverKey: publicKeyOf(author),
      policy,
      now: () => this.#clock(this.serverSkew),
      sleep: this.time.sleep,
    })
  }

  readonly random = (): number => this.#random()

  readonly clientNow = (): Timestamp => this.#clock(this.clientSkew)

  readonly dial = async (): Promise<ByteChannel> => {
    if (!this.isReachable) throw new Error("nobody is there")
    const [client, server] = channelPair()
    this.#line = [client, server]
    void this.server.serve(server)
    const incoming = this.#unlessMuted(client.incoming)
    return { peerKey: client.peerKey, remote: client.remote, incoming, write: (bytes) => client.write(bytes), close: () => client.close() }
  }

  async *#unlessMuted(incoming: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
    for await (const chunk of incoming) if (!this.isMuted) yield chunk
  }

  async cut(): Promise<void> {
    for (const end of this.#line ?? []) await end.close()
  }

  async restart(): Promise<void> {
    await this.server.close()
    this.server = this.#start()
  }

  /** A record, written by a clock that may differ from all others. */
  async write(kind = MICROBLOG_ROOT): Promise<VerifiedRecord> {
    this.#written += 1
    const timestamp = parseTimestamp(
      START + this.time.elapsed + BigInt(this.#written) + BigInt(Math.floor((this.random() - 0.5) * 7_200)) * SECOND,
    )
    const nonce = kind === PROFILE ? nonceFromText("profile") : nonceFromTimestamp(timestamp)
    const record = buildRecord({
      author: publicKeyOf(author),
      signer: author,
      kind,
      nonce,
      timestamp,
      payload: encodeUtf8(`note ${this.#written}`),
    })
    expect((await this.store.put([record]))[0]?.outcome).toBe("stored")
    return record
  }

  subscribe(resume?: ResumePoint): Reader {
    return new Reader(this, resume)
  }
}

class Reader {
  readonly ids: string[] = []
  readonly states: KeptState["state"][] = []
  readonly waits: number[] = []
  caughtUp = 0
  resume: ResumePoint | undefined
  readonly #abort = new AbortController()
  readonly #reading: Promise<void>

  constructor(world: World, resume: ResumePoint | undefined) {
    this.#reading = this.#read(
      keepSubscribed({
        dial: world.dial,
        filter,
        ...(resume === undefined ? {} : { resume }),
        sleep: world.time.sleep,
        random: world.random,
        now: world.clientNow,
        signal: this.#abort.signal,
        onState: (state) => {
          this.states.push(state.state)
          if (state.state === "waiting") this.waits.push(state.milliseconds)
        },
        onMisbehaviour: (what) => {
          throw new Error(what)
        },
      }),
    )
  }

  async #read(items: AsyncIterable<KeptItem>): Promise<void> {
    for await (const item of items) {
      this.resume = item.resume
      if ("record" in item) this.ids.push(toHex(item.record.id))
      else this.caughtUp += 1
    }
  }

  async stop(): Promise<ResumePoint | undefined> {
    this.#abort.abort()
    await this.#reading
    // As a consumer would keep it.
    return this.resume === undefined ? undefined : (JSON.parse(JSON.stringify(this.resume)) as ResumePoint)
  }
}

const idsOf = (records: readonly VerifiedRecord[]): string[] => records.map(({ id }) => toHex(id))

describe("keepSubscribed", () => {
  it("brings what is stored, then what comes", async () => {
    const world = new World(1)
    const written = [await world.write(), await world.write()]
    const reader = world.subscribe()
    await world.time.pass(SECOND)
    expect(reader.caughtUp).toBe(1)
    written.push(await world.write())
    await settle()
    expect(reader.ids.toSorted()).toEqual(idsOf(written).toSorted())
    expect(reader.states).toEqual(["connecting", "catchingUp", "live"])
    await reader.stop()
  })

  it("ends quietly when it is told to, wherever it is", async () => {
    const world = new World(2)
    world.isReachable = false
    const waiting = world.subscribe()
    await world.time.pass(5n * SECOND)
    await waiting.stop()
    world.isReachable = true
    const live = world.subscribe()
    await world.time.pass(SECOND)
    expect(live.states).toContain("live")
    await live.stop()
  })

  it("waits longer and longer, at most a minute, and starts again after a good minute", async () => {
    const world = new World(3)
    world.isReachable = false
    const reader = world.subscribe()
    await world.time.pass(600n * SECOND)
    const longest = reader.waits.map((_, index) => Math.min(60_000, 1_000 * 2 ** index))
    expect(reader.waits.length).toBeGreaterThan(8)
    for (const [index, wait] of reader.waits.entries()) {
      expect(wait).toBeLessThanOrEqual(longest[index] ?? 0)
      expect(wait).toBeGreaterThanOrEqual((longest[index] ?? 0) / 2)
    }
    world.isReachable = true
    await world.time.pass(61n * SECOND + 61n * SECOND)
    expect(reader.states.at(-1)).toBe("live")
    await world.cut()
    await world.time.pass(SECOND / 10n)
    expect(reader.waits.at(-1)).toBeLessThanOrEqual(1_000)
    await reader.stop()
  })

  it("notices a line that has gone dead without a word", async () => {
    const world = new World(4)
    const reader = world.subscribe()
    await world.time.pass(SECOND)
    const first = await world.write()
    await settle()
    world.isMuted = true
    const second = await world.write()
    await world.time.pass(20n * SECOND)
    expect(reader.ids).toEqual(idsOf([first]))
    expect(reader.states.at(-1)).toBe("live")
    await world.time.pass(40n * SECOND)
    expect(reader.states.at(-1)).not.toBe("live")
    world.isMuted = false
    await world.time.pass(120n * SECOND)
    expect(reader.ids).toEqual(idsOf([first, second]))
    await reader.stop()
  })

  it.each([
    ["the server's clock is an hour behind", -HOUR],
    ["the server's clock is an hour ahead", HOUR],
    ["the server's clock is a month behind", -720n * HOUR],
    ["the server's clock is years behind", -30_000n * HOUR],
    ["the server's clock is years ahead", 30_000n * HOUR],
  ])("misses nothing and brings nothing twice when %s", async (_, skew) => {
    const world = new World(5)
    world.serverSkew = skew
    const written = [await world.write()]
    const reader = world.subscribe()
    await world.time.pass(SECOND)
    for (let round = 0; round < 5; round += 1) {
      written.push(await world.write())
      await settle()
      world.isReachable = false
      await world.cut()
      await world.time.pass(BigInt(round) * HOUR)
      written.push(await world.write(), await world.write())
      world.isReachable = true
      await world.time.pass(120n * SECOND)
    }
    expect(reader.ids).toHaveLength(written.length)
    expect(new Set(reader.ids)).toEqual(new Set(idsOf(written)))
    await reader.stop()
  })

  it("finds its way when its anchor was replaced or removed", async () => {
    const world = new World(6)
    const profile = await world.write(PROFILE)
    const reader = world.subscribe()
    await world.time.pass(SECOND)
    await world.cut()
    await world.store.remove([profile.id])
    const note = await world.write()
    await world.time.pass(60n * SECOND)
    await world.cut()
    await world.store.remove([note.id])
    const other = await world.write()
    await world.time.pass(60n * SECOND)
    expect(reader.ids).toEqual(idsOf([profile, note, other]))
    await reader.stop()
  })

  it("resumes in a new process: nothing is missing, and little comes again", async () => {
    const world = new World(7)
    const old = []
    for (let i = 0; i < 20; i += 1) {
      old.push(await world.write())
      await world.time.pass(HOUR)
    }
    const first = world.subscribe()
    await world.time.pass(SECOND)
    old.push(await world.write())
    await settle()
    const resume = await first.stop()
    const missed = [await world.write(), await world.write()]
    world.serverSkew = -2n * HOUR
    const second = world.subscribe(resume)
    await world.time.pass(SECOND)
    expect(second.ids).toEqual(expect.arrayContaining(idsOf(missed)))
    expect(second.ids.length).toBeLessThan(6)
    await second.stop()
  })

  it("refuses a resume point that is none", async () => {
    const options = { filter, resume: { version: 1, anchor: { id: "zz", at: "1" } } } as unknown as Parameters<typeof keepSubscribed>[0]
    await expect(keepSubscribed(options).next()).rejects.toThrow(TypeError)
  })

  it("brings each record exactly once, whatever is cut, restarted and skewed", { timeout: 120_000 }, async () => {
    const base = Number(process.env["SEED"] ?? 1000)
    const rounds = Number(process.env["RUNS"] ?? 8)
    for (let seed = base; seed < base + rounds; seed += 1) {
      const world = new World(seed)
      const { random } = world
      const written: VerifiedRecord[] = []
      const reader = world.subscribe()
      for (let step = 0; step < 60; step += 1) {
        const dice = random()
        if (dice < 0.45) written.push(await world.write())
        else if (dice < 0.6) await world.cut()
        else if (dice < 0.65) await world.restart()
        else if (dice < 0.72) world.isReachable = !world.isReachable
        else if (dice < 0.78) world.serverSkew += BigInt(Math.floor((random() - 0.5) * 100)) * HOUR
        else if (dice < 0.82) world.clientSkew += BigInt(Math.floor((random() - 0.5) * 100)) * HOUR
        else await world.time.pass(BigInt(Math.floor(random() * 100_000)) * 1_000_000n)
        // Sometimes in the middle of what is going on.
        for (let i = Math.floor(random() * 6); i > 0; i -= 1) await turn()
      }
      world.isReachable = true
      await world.time.pass(200n * SECOND)
      expect(reader.ids.length, `seed ${seed}: as many as were written`).toBe(written.length)
      expect(new Set(reader.ids), `seed ${seed}`).toEqual(new Set(idsOf(written)))
      await reader.stop()
    }
  })
})
