import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import {
  type ByteChannel,
  type Filter,
  type VerifiedRecord,
  FrameReader,
  ItemSetBuilder,
  MICROBLOG_ROOT,
  buildRecord,
  encodeMessage,
  isBlobPiece,
  nonceFromTimestamp,
  parseSecretKey,
  parseTimestamp,
  publicKeyOf,
} from "@tessera/mosaic"
import { type Difference, connect, reconcile, sync } from "@tessera/mosaic-client"
import { channelPair, createServer, openMemoryStore, rolesPolicy, syncSide } from "@tessera/mosaic-server"
import { openSqliteStore } from "@tessera/mosaic-server/sqlite"
import { forgeRecord, forgedKey } from "../packages/mosaic-server/src/store/contract/forged-record.ts"
import { DURABLE, type Row } from "./row.ts"

const SIZE = 50_000
/** A tenth, to see that the cost grows no faster than the work. */
const TENTH = SIZE / 10
const CHUNK = 1_000
/** Each of these is signed here and verified twice, which takes most of their time. */
const TRANSFERRED = 1_000
const RECORD = 0x80
const QUERY_CLOSED = 0x82

const signal = new AbortController().signal
const now = () => parseTimestamp(BigInt(Date.now()) * 1_000_000n)
const begun = 1_790_000_000_000_000_000n
const writer = parseSecretKey(new Uint8Array(32).fill(5))
const signed: Filter = { authors: [publicKeyOf(writer)] }

/** Sync with a server that holds 50,000 records in the encrypted store on disk, over a channel in memory, both sides in this process. */
export async function run(): Promise<readonly Row[]> {
  const folder = await mkdtemp(join(tmpdir(), "tessera-bench-"))
  try {
    await using store = await openSqliteStore({ path: join(folder, "records.db"), key: new Uint8Array(32).fill(1), now })
    const policy = rolesPolicy({ roles: new Set(["outbox"]), members: "everybody" })
    const limits = { submissionBurst: 2 * TRANSFERRED, queryBurst: 10_000 }
    await using server = createServer({ store, serverKey: publicKeyOf(writer), policy, now, limits })
    const open = (): ByteChannel => {
      const [client, other] = channelPair()
      void server.serve(other)
      return client
    }
    for (const [author, size] of [
      [1, SIZE],
      [2, SIZE],
      [3, TENTH],
    ] as const)
      for (let from = 0; from < size; from += CHUNK) await store.put(Array.from({ length: CHUNK }, (_, at) => note(author, from + at)))
    // The first pass warms up; what is told is the second.
    await talk(open, 2, ids(2, 0, SIZE))
    return [
      ...(await differences(open, "none", (author, size) => ids(author, 0, size))),
      ...(await differences(open, "1 %", (author, size) => [...ids(author, 0, size * 0.99), ...ids(author, size, size * 0.01)])),
      ...(await differences(open, "all, none here", () => [])),
      await fetchAll(open),
      await transfer(open, store),
    ]
  } finally {
    await rm(folder, { recursive: true })
  }
}

const note = (author: number, at: number): VerifiedRecord =>
  forgeRecord({
    author: forgedKey(author),
    kind: MICROBLOG_ROOT,
    nonce: BigInt(at),
    timestamp: begun + BigInt(at) * 1_000n,
    payload: new Uint8Array(180),
  })
const ids = (author: number, from: number, count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, at) => note(author, from + at).id)

interface Talk extends Difference {
  readonly ms: number
}

async function talk(open: () => ByteChannel, author: number, mine: readonly Uint8Array[]): Promise<Talk> {
  await using connection = await connect(open())
  const start = performance.now()
  const builder = new ItemSetBuilder()
  for (const id of mine) builder.addRecord(id)
  const found = await reconcile(connection, { filter: { authors: [forgedKey(author)] }, items: builder.finish(), signal })
  return { ...found, ms: performance.now() - start }
}

/** The same question about a tenth of the records, and about all. */
async function differences(open: () => ByteChannel, name: string, mine: (author: number, size: number) => Uint8Array[]): Promise<Row[]> {
  const few = await difference(open, `${name}, of ${TENTH.toLocaleString("en")}`, 3, mine(3, TENTH))
  const many = await difference(open, `${name}, of ${SIZE.toLocaleString("en")}`, 1, mine(1, SIZE))
  return [few, { ...many, reference: { name: `of ${TENTH.toLocaleString("en")}`, value: few.value } }]
}

/** What it takes to know what differs, the server's reading of its set included, beside this reading alone. */
async function difference(open: () => ByteChannel, name: string, author: number, mine: readonly Uint8Array[]): Promise<Row> {
  const { ms, rounds, bytes, have, need } = await talk(open, author, mine)
  const others = [await talk(open, author, mine), await talk(open, author, mine)]
  return {
    name: `sync: know what differs, ${name}`,
    value: Math.min(ms, ...others.map((other) => other.ms)),
    peakMiB: Math.round(process.resourceUsage().maxRSS / 1024),
    unit: "ms",
    note: `${have.length} here alone, ${need.length} there alone; ${rounds} rounds, ${Math.round(bytes / 1024)} KiB; encrypted store`,
  }
}

/** All 50,000 records by their timestamps, as a sync fetches them, by a client that does not verify: two minutes of signatures would be all that is measured. */
async function fetchAll(open: () => ByteChannel): Promise<Row> {
  const channel = open()
  await channel.write(encodeMessage({ type: "hello", version: 0, applications: [1] }))
  const reader = new FrameReader()
  let [records, next, bytes] = [0, 0, 0]
  const ask = (): Promise<void> => {
    const timestamps = Array.from({ length: Math.min(254, SIZE - next) }, (_, at) => parseTimestamp(begun + BigInt(next + at) * 1_000n))
    next += timestamps.length
    return channel.write(encodeMessage({ type: "query", queryId: 1, limit: 0, filter: { authors: [forgedKey(1)], timestamps } }))
  }
  const start = performance.now()
  void ask()
  for await (const chunk of channel.incoming) {
    bytes += chunk.length
    for (const frame of reader.push(chunk)) {
      if (isBlobPiece(frame)) continue
      if (frame.type === RECORD) records += 1
      if (frame.type === QUERY_CLOSED && next < SIZE) void ask()
    }
    if (records === SIZE) break
  }
  const seconds = (performance.now() - start) / 1000
  await channel.close()
  return {
    name: "sync: fetch 50,000 missing records, not verified",
    value: SIZE / seconds,
    unit: "/s",
    note: `254 timestamps a query, one query at a time; ${Math.round(bytes / 1024 / 1024)} MiB`,
  }
}

/** The whole of it: half of the records go each way, are verified, and kept. */
async function transfer(open: () => ByteChannel, theirs: Awaited<ReturnType<typeof openSqliteStore>>): Promise<Row> {
  await using mine = openMemoryStore({ now })
  const records = Array.from({ length: TRANSFERRED }, (_, at) => write(at))
  await theirs.put(records.slice(0, TRANSFERRED / 2))
  await mine.put(records.slice(TRANSFERRED / 2))
  await using connection = await connect(open())
  const start = performance.now()
  const { downloaded, uploaded } = await sync(connection, { filter: signed, local: syncSide(mine), direction: "both", signal })
  const seconds = (performance.now() - start) / 1000
  if (downloaded + uploaded !== TRANSFERRED) throw new Error(`${downloaded} and ${uploaded} of ${TRANSFERRED} were transferred`)
  return {
    name: "sync: transfer both ways, verified",
    value: TRANSFERRED / seconds,
    unit: "/s",
    durability: DURABLE,
    note: `${downloaded} came, ${uploaded} went; each verified by its receiver, in this process`,
  }
}

function write(at: number): VerifiedRecord {
  const timestamp = parseTimestamp(begun + BigInt(at))
  return buildRecord({
    author: publicKeyOf(writer),
    signer: writer,
    kind: MICROBLOG_ROOT,
    nonce: nonceFromTimestamp(timestamp),
    timestamp,
    payload: new Uint8Array(180),
  })
}
