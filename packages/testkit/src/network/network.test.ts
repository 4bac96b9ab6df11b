import { type ByteChannel, type SecretKey, concatBytes, parseSecretKey, publicKeyOf } from "@tessera/mosaic"
import { PortInUseError } from "@tessera/node"
import { expect, test } from "vitest"
import type { Machine } from "../simulation/machine.ts"
import { seedsToRun } from "../simulation/seed.ts"
import { Simulation } from "../simulation/simulation.ts"
import { ConnectionError } from "./errors.ts"
import { FAIR_WEATHER } from "./link.ts"

const key = (fill: number): SecretKey => parseSecretKey(new Uint8Array(32).fill(fill))
const SERVER = key(1)
const CLIENT = key(2)
const signal = new AbortController().signal

interface Pair {
  readonly simulation: Simulation
  readonly server: Machine
  readonly client: Machine
  readonly dial: (options?: { host?: string; serverKey?: SecretKey; signal?: AbortSignal }) => Promise<ByteChannel>
}

/** Two machines, one of which listens and does with each connection what `serve` says. */
function between(seed: bigint, serve: (channel: ByteChannel) => Promise<void>, story: (pair: Pair) => Promise<void>): Promise<void> {
  return new Simulation(seed).run(async (simulation) => {
    const server = simulation.machine("server")
    const client = simulation.machine("client")
    await simulation.network.listen(server, { server: { serve }, secretKey: SERVER, host: "0.0.0.0", port: 4000, signal })
    await story({
      simulation,
      server,
      client,
      dial: (options = {}) =>
        simulation.network.dial(client, {
          host: options.host ?? server.address,
          port: 4000,
          serverKey: publicKeyOf(options.serverKey ?? SERVER),
          clientKey: CLIENT,
          signal: options.signal ?? signal,
        }),
    })
  })
}

/** Gives back what comes until the connection ends, however it does: like a real server, it outlives its peers. */
async function echo(channel: ByteChannel): Promise<void> {
  try {
    for await (const chunk of channel.incoming) await channel.write(chunk)
    await channel.close()
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error
  }
}

async function readAll(channel: ByteChannel): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of channel.incoming) chunks.push(chunk)
  return concatBytes(...chunks)
}

async function read(channel: ByteChannel, length: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let count = 0
  const reader = channel.incoming[Symbol.asyncIterator]()
  while (count < length) {
    const next = await reader.next()
    if (next.done === true) break
    chunks.push(next.value)
    count += next.value.length
  }
  return concatBytes(...chunks)
}

test("brings bytes in order, however they are cut, also when connections stall on the way", async () => {
  for (const seed of seedsToRun(20, undefined)) {
    for (const chunks of ["whole", "pieces", "bytes"] as const) {
      await between(seed, echo, async ({ simulation, client, server, dial }) => {
        simulation.network.weather = { latency: 10, jitter: 50, chunks, giveUpAfter: 60_000 }
        const channel = await dial()
        const sent = Array.from({ length: 30 }, () => simulation.random.bytes(simulation.random.integer(1, 300)))
        const received = read(
          channel,
          sent.reduce((sum, bytes) => sum + bytes.length, 0),
        )
        for (const [index, bytes] of sent.entries()) {
          await channel.write(bytes)
          await simulation.wait(simulation.random.integer(0, 30))
          if (index === 10) simulation.network.partition(client, server)
          if (index === 20) simulation.network.heal()
        }
        expect(await received).toEqual(concatBytes(...sent))
        expect(channel.peerKey).toEqual(publicKeyOf(SERVER))
      })
    }
  }
})

test("tells the server which key the client proved, and ends for both", async () => {
  let seen: ByteChannel | undefined
  await between(
    1n,
    async (channel) => {
      seen = channel
      await readAll(channel)
      await channel.close()
    },
    async ({ simulation, client, dial }) => {
      const channel = await dial()
      expect(seen?.peerKey).toEqual(publicKeyOf(CLIENT))
      expect(seen?.remote).toMatch(new RegExp(`^${client.address}:[0-9]+$`))
      expect(simulation.network.openConnections()).toBe(1)
      await channel.close()
      expect(await readAll(channel)).toHaveLength(0)
      await expect(channel.write(Uint8Array.of(1))).rejects.toThrow("EPIPE")
      await simulation.wait(1_000)
      expect(simulation.network.openConnections()).toBe(0)
    },
  )
})

test("refuses another key than the pinned one, closed ports and addresses that nobody has", async () => {
  let served = 0
  await between(
    1n,
    async () => void (served += 1),
    async ({ simulation, client, server, dial }) => {
      await expect(dial({ serverKey: CLIENT })).rejects.toThrow("another key")
      await expect(dial({ host: "192.168.1.99" })).rejects.toMatchObject({ code: "ETIMEDOUT" })
      await expect(dial({ host: "127.0.0.1" })).rejects.toMatchObject({ code: "ECONNREFUSED" })
      await expect(dial({ signal: AbortSignal.abort(new Error("given up")) })).rejects.toThrow("given up")
      await expect(dial({ host: "192.168.1.99", signal: AbortSignal.timeout(100) })).rejects.toMatchObject({ name: "TimeoutError" })
      expect(served).toBe(0)
      const listen = { server: { serve: echo }, secretKey: SERVER, host: "127.0.0.1", signal }
      await expect(simulation.network.listen(server, { ...listen, port: 4000 })).rejects.toThrow(PortInUseError)
      const inside = await simulation.network.listen(server, { ...listen, port: 0 })
      const at = { port: inside.port, serverKey: publicKeyOf(SERVER), signal }
      await expect(simulation.network.dial(client, { ...at, host: server.address })).rejects.toMatchObject({ code: "ECONNREFUSED" })
      await (await simulation.network.dial(server, { ...at, host: "127.0.0.1" })).close()
      await inside.close()
      await expect(simulation.network.dial(server, { ...at, host: "127.0.0.1" })).rejects.toMatchObject({ code: "ECONNREFUSED" })
    },
  )
})

test("lets a writer wait for a reader who does not read", async () => {
  const { promise: readNow, resolve: startReading } = Promise.withResolvers<void>()
  let count = 0
  const serve = async (channel: ByteChannel): Promise<void> => {
    await readNow
    for await (const chunk of channel.incoming) count += chunk.length
  }
  await between(1n, serve, async ({ simulation, dial }) => {
    const channel = await dial()
    let written = 0
    const writing = (async () => {
      for (; written < 1_000_000; written += 10_000) await channel.write(new Uint8Array(10_000))
      await channel.close()
    })()
    await simulation.wait(60_000)
    expect(written).toBeLessThan(100_000)
    startReading()
    await writing
    await simulation.wait(1_000)
    expect(count).toBe(1_000_000)
  })
})

test("says nothing when a machine loses power, until somebody writes to where nobody is", async () => {
  await between(1n, echo, async ({ simulation, server, dial }) => {
    const channel = await dial()
    const broken = expect(readAll(channel)).rejects.toMatchObject({ code: "ECONNRESET" })
    server.crash("power")
    await simulation.wait(3_600_000)
    await channel.write(Uint8Array.of(1))
    server.start()
    await broken
    const other = await dial().catch((error: unknown) => error)
    expect(other).toMatchObject({ code: "ECONNREFUSED" })
  })
})

test("gives up on a peer who does not answer any more", async () => {
  await between(1n, echo, async ({ simulation, server, client, dial }) => {
    const channel = await dial()
    simulation.network.mute(client, server)
    await channel.write(Uint8Array.of(1))
    const begun = simulation.time.now
    await expect(readAll(channel)).rejects.toMatchObject({ code: "ETIMEDOUT" })
    expect(simulation.time.now - begun).toBeCloseTo(FAIR_WEATHER.giveUpAfter, -2)
  })
})

test("tells everybody at once when a program dies", async () => {
  await between(1n, echo, async ({ simulation, server, dial }) => {
    const channel = await dial()
    const begun = simulation.time.now
    server.crash("process")
    await expect(readAll(channel)).rejects.toMatchObject({ code: "ECONNRESET" })
    expect(simulation.time.now - begun).toBeLessThan(1_000)
  })
})

test("cuts connections at random when the weather is bad", async () => {
  await between(1n, echo, async ({ simulation, dial }) => {
    simulation.network.weather = { ...FAIR_WEATHER, cutEvery: 5_000 }
    const lives: number[] = []
    for (let count = 0; count < 20; count += 1) {
      const begun = simulation.time.now
      await readAll(await dial()).catch(() => undefined)
      lives.push(simulation.time.now - begun)
    }
    expect(new Set(lives).size).toBe(20)
    expect(lives.reduce((sum, life) => sum + life, 0) / 20).toBeLessThan(15_000)
  })
})

test("is the same again with the same seed", async () => {
  const runOnce = async (seed: bigint): Promise<string> => {
    let digest = ""
    await between(seed, echo, async ({ simulation, dial }) => {
      simulation.network.weather = { ...FAIR_WEATHER, cutEvery: 500 }
      for (let count = 0; count < 10; count += 1) {
        const channel = await dial()
        await channel.write(simulation.random.bytes(100)).catch(() => undefined)
        await readAll(channel).catch(() => undefined)
      }
      digest = simulation.trace.digest()
    })
    return digest
  }
  expect(await runOnce(1n)).toBe(await runOnce(1n))
  expect(await runOnce(1n)).not.toBe(await runOnce(2n))
})
