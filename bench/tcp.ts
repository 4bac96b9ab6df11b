import { randomBytes } from "node:crypto"
import { mkdtemp, rm } from "node:fs/promises"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type TLSSocket, connect as connectTls, createServer as createTlsServer } from "node:tls"
import {
  encodeMessage,
  type FramePart,
  FrameReader,
  MICROBLOG_ROOT,
  buildRecord,
  nonceFromTimestamp,
  parseSecretKey,
  parseTimestamp,
  publicKeyOf,
  selfSignedCertificate,
  timestampFromUnixMillis,
  verifyRecord,
  type VerifiedRecord,
} from "@tessera/mosaic"
import { connect, type MosaicConnection } from "@tessera/mosaic-client"
import { dialTcp } from "@tessera/mosaic-client/tcp"
import { createServer, type MosaicServer, rolesPolicy } from "@tessera/mosaic-server"
import { openSqliteStore } from "@tessera/mosaic-server/sqlite"
import { listenTcp } from "@tessera/mosaic-server/tcp"
import { DURABLE, median, type Row } from "./row.ts"

/** Each is measured at its size and at ten times that: the cost must grow no faster than the work. */
const INGEST = 1_000
const INGEST_CONNECTIONS = 4
/** Submissions that wait for their answers at the same time. */
const UNDER_WAY = 256
const ROUND_TRIPS = 500
const SUBSCRIBED_CONNECTIONS = 100
const SUBSCRIPTIONS_EACH = 10
const TIMES = 10
const FAN_OUTS = 20

/** Types of messages. */
const RECORD = 0x80
const LOCALLY_COMPLETE = 0x81

const home = parseSecretKey(randomBytes(32))
const person = parseSecretKey(randomBytes(32))
const author = publicKeyOf(person)
const now = () => timestampFromUnixMillis(Date.now())
const begun = now()
let made = 0n

function write(): VerifiedRecord {
  made += 1n
  const timestamp = parseTimestamp(begun + made)
  return buildRecord({
    author,
    signer: person,
    kind: MICROBLOG_ROOT,
    nonce: nonceFromTimestamp(timestamp),
    timestamp,
    payload: randomBytes(184),
  })
}

/** A server over TCP with the encrypted store on disk, all in this process as its clients are. */
export async function run(): Promise<readonly Row[]> {
  const folder = await mkdtemp(join(tmpdir(), "tessera-bench-"))
  try {
    await using store = await openSqliteStore({ path: join(folder, "records.db"), key: randomBytes(32), now })
    const policy = rolesPolicy({ roles: new Set(["outbox"]), members: "everybody" })
    await using server = createServer({
      store,
      serverKey: publicKeyOf(home),
      policy,
      now,
      limits: { submissionBurst: INGEST * TIMES, queryBurst: ROUND_TRIPS + 10 },
    })
    const listener = await listenTcp({ server, secretKey: home, host: "127.0.0.1", port: 0 })
    try {
      const few = await ingest(listener.port, INGEST)
      const many = await ingest(listener.port, INGEST * TIMES)
      const trip = await roundTrip(listener.port)
      const narrow = await fanOut(listener.port, server, SUBSCRIPTIONS_EACH)
      const wide = await fanOut(listener.port, server, SUBSCRIPTIONS_EACH * TIMES)
      return [
        few,
        { ...many, reference: { name: `of ${format(INGEST)}`, value: few.value } },
        trip,
        narrow,
        { ...wide, reference: { name: `to ${format(SUBSCRIBED_CONNECTIONS * SUBSCRIPTIONS_EACH)}`, value: narrow.value } },
      ]
    } finally {
      await listener.close()
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}

const format = (count: number): string => count.toLocaleString("en")
/** So far. */
const peakMiB = (): number => Math.round(process.resourceUsage().maxRSS / 1024)

const open = async (port: number): Promise<MosaicConnection> =>
  connect(await dialTcp({ host: "127.0.0.1", port, serverKey: publicKeyOf(home) }))

/** Submitted, verified, durable and answered, beside verification alone. */
async function ingest(port: number, count: number): Promise<Row> {
  const records = Array.from({ length: count }, write)
  const connections = await Promise.all(Array.from({ length: INGEST_CONNECTIONS }, () => open(port)))
  const waiting = records.values()
  const submitAll = async (connection: MosaicConnection | undefined): Promise<void> => {
    for (const record of waiting) await connection?.submit(record)
  }
  const value = await perSecond(count, () =>
    Promise.all(Array.from({ length: UNDER_WAY }, (_, index) => submitAll(connections[index % INGEST_CONNECTIONS]))),
  )
  await Promise.all(connections.map((connection) => connection[Symbol.asyncDispose]()))
  const reference = await perSecond(500, async () => {
    for (const { bytes } of records.slice(0, 500)) verifyRecord(bytes)
  })
  const note = `records of 400 bytes, ${INGEST_CONNECTIONS} connections, ${UNDER_WAY} under way`
  return {
    name: `ingest over TCP, ${format(count)} records`,
    peakMiB: peakMiB(),
    value,
    unit: "/s",
    reference: { name: "verification alone", value: reference },
    durability: DURABLE,
    note,
  }
}

/** A small question and its answer, beside an echo of as many bytes by a bare TLS server. */
async function roundTrip(port: number): Promise<Row> {
  await using connection = await open(port)
  const value = await medianMillis(ROUND_TRIPS, () => connection.ping())
  const echo = await openEcho()
  const question = new Uint8Array(8)
  const reference = await medianMillis(ROUND_TRIPS, async () => {
    const answer = new Promise((resolve) => echo.socket.once("data", resolve))
    echo.socket.write(question)
    await answer
  })
  echo.socket.destroy()
  echo.close()
  return {
    name: "round trip over TCP",
    value,
    unit: "ms",
    reference: { name: "TLS echo", value: reference },
    note: "an empty Get, loopback, median",
  }
}

/** From the hand-over of a record to its arrival at the last of all subscriptions. */
async function fanOut(port: number, server: MosaicServer, each: number): Promise<Row> {
  const subscribers = await Promise.all(Array.from({ length: SUBSCRIBED_CONNECTIONS }, () => subscribe(port, each)))
  const times: number[] = []
  for (let round = 0; round < FAN_OUTS; round += 1) {
    const record = write()
    const start = performance.now()
    const arrived = Promise.all(subscribers.map((subscriber) => subscriber.records(each)))
    await server.submit(record)
    await arrived
    times.push(performance.now() - start)
  }
  for (const { socket } of subscribers) socket.destroy()
  const note = `${SUBSCRIBED_CONNECTIONS} connections with ${each} subscriptions each, 400 bytes, durable first, median`
  return {
    name: `fan-out to ${format(SUBSCRIBED_CONNECTIONS * each)} subscriptions`,
    peakMiB: peakMiB(),
    value: median(times),
    unit: "ms",
    durability: DURABLE,
    note,
  }
}

/** A client that counts and does not verify: a thousand verifications in this process would be all that is measured. */
async function subscribe(
  port: number,
  each: number,
): Promise<{ readonly socket: TLSSocket; readonly records: (count: number) => Promise<void> }> {
  const socket = connectTls({ host: "127.0.0.1", port, rejectUnauthorized: false })
  const counts = new Map<FramePart["type"], number>()
  let changed = (): void => {}
  const reader = new FrameReader()
  socket.on("data", (chunk: Buffer) => {
    for (const { type } of reader.push(chunk)) counts.set(type, (counts.get(type) ?? 0) + 1)
    changed()
  })
  let due = 0
  const reaches = async (type: number, count: number): Promise<void> => {
    while ((counts.get(type) ?? 0) < count) await new Promise<void>((resolve) => (changed = resolve))
  }
  socket.write(encodeMessage({ type: "hello", version: 0, applications: [1] }))
  // What was received before is not asked for, so that nothing stored comes.
  const filter = { authors: [author], receivedSince: now() }
  for (let queryId = 0; queryId < each; queryId += 1) socket.write(encodeMessage({ type: "subscribe", queryId, limit: 0, filter }))
  await reaches(LOCALLY_COMPLETE, each)
  return {
    socket,
    records: async (count) => {
      due += count
      await reaches(RECORD, due)
    },
  }
}

async function openEcho(): Promise<{ readonly socket: TLSSocket; readonly close: () => void }> {
  const { certificate, privateKey } = selfSignedCertificate(home)
  const pem = (label: string, der: Uint8Array): string =>
    `-----BEGIN ${label}-----\n${Buffer.from(der).toString("base64")}\n-----END ${label}-----\n`
  const server = createTlsServer(
    { cert: pem("CERTIFICATE", certificate), key: pem("PRIVATE KEY", privateKey), minVersion: "TLSv1.3" },
    (socket) => {
      socket.setNoDelay(true)
      socket.on("error", () => {})
      socket.pipe(socket)
    },
  )
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const socket = connectTls({ host: "127.0.0.1", port: (server.address() as AddressInfo).port, rejectUnauthorized: false })
  await new Promise((resolve) => socket.once("secureConnect", resolve))
  socket.setNoDelay(true)
  return { socket, close: () => server.close() }
}

async function perSecond(count: number, work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return (count * 1000) / (performance.now() - start)
}

async function medianMillis(count: number, work: () => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let index = 0; index < count; index += 1) {
    const start = performance.now()
    await work()
    times.push(performance.now() - start)
  }
  return median(times)
}
