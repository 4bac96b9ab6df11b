import { setTimeout as delay } from "node:timers/promises"
import {
  type Filter,
  type KeyScheduleEntry,
  type SecretKey,
  type Tag,
  type VerifiedRecord,
  MICROBLOG_ROOT,
  RESULT,
  buildKeySchedule,
  buildRecord,
  expiresTag,
  nonceFromTimestamp,
  parseSecretKey,
  parseTimestamp,
  publicKeyOf,
  signAttestation,
  timestampFromUnixMillis,
} from "@tessera/mosaic"
import { type MosaicConnection, QueryRefusedError, connect } from "@tessera/mosaic-client"
import { dialTcp } from "@tessera/mosaic-client/tcp"
import { dialWebSocket } from "@tessera/mosaic-client/websocket"
import { DEFAULT_RATES, createServer, ratesPolicy, rolesPolicy, allOf } from "@tessera/mosaic-server"
import { openSqliteStore } from "@tessera/mosaic-server/sqlite"
import { listenTcp } from "@tessera/mosaic-server/tcp"
import { listenWebSocket } from "@tessera/mosaic-server/websocket"
import { expect, test } from "vitest"
import { Folder } from "../program/tessera.ts"

const YEARS = 365n * 86_400n * 1_000_000_000n
const [home, ann, device] = [1, 2, 3].map((fill) => parseSecretKey(new Uint8Array(32).fill(fill))) as [SecretKey, SecretKey, SecretKey]
const author = publicKeyOf(ann)
const real = timestampFromUnixMillis(Date.now())
const filter: Filter = { authors: [author], kinds: [MICROBLOG_ROOT] }
let made = 0n

/** A note, dated `ago` nanoseconds before the test began and later than the note before it. */
function note({
  signer = ann,
  tags = [],
  ago = 0n,
}: { readonly signer?: SecretKey; readonly tags?: readonly Tag[]; readonly ago?: bigint } = {}): VerifiedRecord {
  made += 1n
  const timestamp = parseTimestamp(real - ago + made)
  return buildRecord({
    author,
    signer,
    kind: MICROBLOG_ROOT,
    nonce: nonceFromTimestamp(timestamp),
    timestamp,
    tags,
    payload: new Uint8Array(10),
  })
}

function schedule(state: KeyScheduleEntry["state"], since: bigint): VerifiedRecord {
  made += 1n
  const entry = {
    use: "signing",
    key: publicKeyOf(device),
    state,
    since: parseTimestamp(since),
    attestation: signAttestation(device, author),
  } as const
  return buildKeySchedule({ master: ann, timestamp: parseTimestamp(real + made), entries: [entry] })
}

/** Asks again while it is told that it asks too fast: rates that a jump had stopped would never let it. */
async function all(connection: MosaicConnection, tries = 50): Promise<string[]> {
  try {
    const ids: string[] = []
    for await (const { id } of connection.query(filter)) ids.push(Buffer.from(id).toString("hex"))
    return ids
  } catch (error) {
    if (tries === 0 || !(error instanceof QueryRefusedError && error.code === RESULT.TOO_FAST)) throw error
    await delay(100)
    return all(connection, tries - 1)
  }
}

const idOf = ({ id }: VerifiedRecord): string => Buffer.from(id).toString("hex")

test("a server whose clock jumps ten years ahead, back, and ten years back goes on: sessions, rates, expiry, revocations", async () => {
  let offset = 0n
  const now = () => parseTimestamp(timestampFromUnixMillis(Date.now()) + offset)
  await using folder = await Folder.make()
  await using store = await openSqliteStore({ path: folder.join("records.db"), now })
  // So few at once that a rate that is not given back would be felt.
  const few = { burst: 4, perSecond: 500 }
  const rates = ratesPolicy({ ...DEFAULT_RATES, now, key: { submission: few, query: few }, address: { submission: few, query: few } })
  const policy = allOf(rates, rolesPolicy({ roles: new Set(["outbox"]), members: "everybody" }))
  const serverKey = publicKeyOf(home)
  await using server = createServer({ store, serverKey, policy, now })
  const place = { server, secretKey: home, host: "127.0.0.1", port: 0 }
  const [tcp, webSocket] = [await listenTcp(place), await listenWebSocket(place)]
  await using ends = new AsyncDisposableStack()
  for (const listener of [tcp, webSocket]) ends.defer(() => listener.close())
  const channels = [
    await dialTcp({ host: "127.0.0.1", port: tcp.port, serverKey }),
    await dialWebSocket({ url: `wss://127.0.0.1:${webSocket.port}/`, serverKey }),
  ]
  const connections = await Promise.all(channels.map((channel) => connect(channel)))
  for (const connection of connections) ends.use(connection)
  const [one, other] = connections as [MosaicConnection, MosaicConnection]
  const live = connections.map((connection) => connection.subscribe(filter)[Symbol.asyncIterator]())
  for (const items of live) expect((await items.next()).value).toEqual({ complete: true })

  /** Over both in turns. */
  const submit = async (record: VerifiedRecord): Promise<number> => {
    const connection = made % 2n === 0n ? one : other
    const { code } = await connection.submit(record)
    return code
  }
  const arrives = async (record: VerifiedRecord): Promise<void> => {
    for (const items of live) expect((await items.next()).value).toMatchObject({ record: { id: record.id } })
  }
  const goesOn = async (): Promise<void> => {
    const record = note()
    expect(await submit(record)).toBe(RESULT.ACCEPTED)
    await arrives(record)
    for (const connection of connections) await connection.ping()
  }

  expect(await submit(schedule("active", real - YEARS))).toBe(RESULT.ACCEPTED)
  const fleeting = note({ tags: [expiresTag(parseTimestamp(real + YEARS))] })
  expect(await submit(fleeting)).toBe(RESULT.ACCEPTED)
  await arrives(fleeting)
  const early = note({ signer: device })
  expect(await submit(early)).toBe(RESULT.ACCEPTED)
  await arrives(early)

  offset = 10n * YEARS
  await goesOn()
  expect(await all(one)).not.toContain(idOf(fleeting))
  expect(await submit(note({ tags: [expiresTag(parseTimestamp(real + 2n * YEARS))] }))).toBe(RESULT.INVALID)

  offset = 0n
  await goesOn()
  // It was hidden, not dropped: the clock was wrong.
  expect(await all(other)).toContain(idOf(fleeting))
  expect(await submit(schedule("revokedPast", real - YEARS))).toBe(RESULT.ACCEPTED)

  for (const jump of [-10n * YEARS, 0n]) {
    offset = jump
    await goesOn()
    expect(await submit(note({ signer: device, ago: 2n * YEARS }))).toBe(RESULT.UNAUTHORIZED)
    expect(await all(one)).not.toContain(idOf(early))
  }
})
