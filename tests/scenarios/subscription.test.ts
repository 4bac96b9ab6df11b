import {
  type SecretKey,
  type Timestamp,
  type VerifiedRecord,
  MICROBLOG_ROOT,
  buildRecord,
  encodeUtf8,
  nonceFromText,
  parseSecretKey,
  parseTimestamp,
  publicKeyOf,
  timestampFromUnixMillis,
  toHex,
} from "@tessera/mosaic"
import { type ResumePoint, keepSubscribed } from "@tessera/mosaic-client"
import { type RecordStore, createServer, rolesPolicy } from "@tessera/mosaic-server"
import { type Machine, type Simulation, FAIR_WEATHER, MachineCrashed, openSimulatedStore, portsOf, scenario } from "@tessera/testkit"
import { expect } from "vitest"

const secret = (fill: number): SecretKey => parseSecretKey(new Uint8Array(32).fill(fill))
const SERVER = secret(1)
const AUTHOR = secret(2)
const PORT = 4000

const timeOf = (machine: Machine): Timestamp => timestampFromUnixMillis(machine.unixMillis())

async function openStore(machine: Machine): Promise<RecordStore> {
  return openSimulatedStore({ disk: machine.disk, file: "records", now: () => timeOf(machine) })
}

/** Starts a server on a machine; gives its store. */
function serve(simulation: Simulation, machine: Machine): Promise<RecordStore> {
  return machine.do(async () => {
    const store = await openStore(machine)
    const policy = rolesPolicy({ roles: new Set(["outbox"]), members: "everybody" })
    const server = createServer({ store, serverKey: publicKeyOf(SERVER), policy, now: () => timeOf(machine) })
    const { signal } = new AbortController()
    await portsOf(machine, simulation.network).network.listen({ server, secretKey: SERVER, host: "0.0.0.0", port: PORT, signal })
    return store
  })
}

/** Stays subscribed to the author's notes for as long as the machine lives, and keeps each in a store before it remembers how far it came. */
async function follow(
  machine: Machine,
  simulation: Simulation,
  server: Machine,
  got: string[],
  from: { resume?: ResumePoint },
): Promise<void> {
  const ports = portsOf(machine, simulation.network)
  const store = await openStore(machine)
  const { signal } = new AbortController()
  const kept = keepSubscribed({
    dial: (dialSignal) => ports.network.dial({ host: server.address, port: PORT, serverKey: publicKeyOf(SERVER), signal: dialSignal }),
    filter: { authors: [publicKeyOf(AUTHOR)] },
    ...(from.resume === undefined ? {} : { resume: from.resume }),
    sleep: (milliseconds, sleepSignal) => ports.clock.sleep(milliseconds, sleepSignal),
    random: () => machine.incarnation.random.fraction(),
    now: () => timeOf(machine),
    signal,
  })
  for await (const item of kept) {
    if ("record" in item) {
      const [outcome] = await store.put([item.record])
      if (outcome?.outcome === "stored") got.push(toHex(item.record.id))
    }
    from.resume = item.resume
  }
}

let written = 0
function note(machine: Machine, last: Timestamp): VerifiedRecord {
  const now = timeOf(machine)
  const timestamp = now > last ? now : parseTimestamp(last + 1n)
  written += 1
  const parts = { author: publicKeyOf(AUTHOR), signer: AUTHOR, kind: MICROBLOG_ROOT, timestamp }
  return buildRecord({ ...parts, nonce: nonceFromText(`${written}`), payload: encodeUtf8(`note ${written}`) })
}

scenario(
  "whoever stays subscribed gets each record once, however often line, server and reader fail and clocks jump",
  async (simulation) => {
    written = 0
    const { random, network } = simulation
    network.weather = { ...FAIR_WEATHER, cutEvery: random.pick([2_000, 20_000, 200_000]) }
    const hours = (): number => random.integer(-12, 12) * 3_600_000
    const server = simulation.machine("server", { skew: hours() })
    const reader = simulation.machine("reader", { skew: hours() })
    const got: string[] = []
    const from: { resume?: ResumePoint } = {}
    const watch = (): void => {
      reader
        .do(() => follow(reader, simulation, server, got, from))
        .catch((error: unknown) => {
          if (!(error instanceof MachineCrashed)) throw error
        })
    }
    let store = await serve(simulation, server)
    watch()
    const sent: string[] = []
    let last = timestampFromUnixMillis(0)
    for (let count = 0; count < 25; count += 1) {
      await simulation.wait(random.exponential(random.pick([10, 1_000, 60_000])))
      const record = note(server, last)
      last = record.timestamp
      const [outcome] = await server.do(() => store.put([record]))
      expect(outcome?.outcome).toBe("stored")
      sent.push(toHex(record.id))
      if (random.chance(0.1)) (random.chance(0.5) ? server : reader).jumpClock(hours())
      if (random.chance(0.1)) network.partition(server, reader)
      if (random.chance(0.2)) network.heal()
      if (random.chance(0.05)) {
        server.crash(random.pick(["power", "process"]))
        await simulation.wait(random.exponential(60_000))
        server.start()
        store = await serve(simulation, server)
      }
      if (random.chance(0.05)) {
        reader.crash("process")
        reader.start()
        watch()
      }
    }
    network.heal()
    network.weather = FAIR_WEATHER
    await simulation.wait(600_000)
    // What was stored just before a crash counts, although nobody was told any more.
    reader.crash("process")
    reader.start()
    const { records } = await (await openStore(reader)).query({}, { limit: 1_000 })
    expect(records.map(({ record }) => toHex(record.id)).toSorted()).toEqual(sent.toSorted())
    expect(new Set(got).size).toBe(got.length)
  },
  { seeds: 4 },
)
