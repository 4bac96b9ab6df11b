import { type Filter, type VerifiedRecord, MICROBLOG_ROOT, RESULT, parseTimestamp, toHex } from "@tessera/mosaic"
import {
  type Limits,
  type MosaicServer,
  type Policy,
  type RecordStore,
  channelPair,
  createServer,
  openMemoryStore,
  refuse,
  rolesPolicy,
  syncSide,
} from "@tessera/mosaic-server"
import { forgeRecord, forgedKey } from "../../../mosaic-server/src/store/contract/forged-record.ts"
import { describe, expect, it } from "vitest"
import { connect } from "../connection/connection.ts"
import type { MosaicConnection } from "../connection/mosaic-connection.ts"
import { ConnectionClosedError, QueryRefusedError } from "../errors.ts"
import { NOON, keyOf, write } from "../testing.test-suite.ts"
import { keepInStep } from "./keep-in-step.ts"
import type { LocalRecords } from "./local-records.ts"
import { type SyncOptions, type SyncProgress, sync } from "./sync.ts"

const signal = AbortSignal.timeout(60_000)
const filter: Filter = { authors: [keyOf(1), forgedKey(1)] }

/** A server in memory, and a store on this side. */
class Rig implements AsyncDisposable {
  readonly theirs = openMemoryStore({ now: () => NOON })
  readonly mine = openMemoryStore({ now: () => NOON })
  readonly server: MosaicServer
  readonly misbehaviour: string[] = []
  readonly #open: MosaicConnection[] = []

  constructor(limits: Partial<Limits> = {}, policy: Partial<Policy> = {}) {
    const roles = rolesPolicy({ roles: new Set(["outbox"]), members: "everybody" })
    this.server = createServer({
      store: this.theirs,
      serverKey: keyOf(200),
      policy: { ...roles, admit: roles.admit.bind(roles), mayRead: roles.mayRead.bind(roles), ...policy },
      now: () => NOON,
      limits,
    })
  }

  /** @param bytes after so many from the server the connection breaks. */
  async connect(bytes = Infinity): Promise<MosaicConnection> {
    const [client, server] = channelPair()
    void this.server.serve(server)
    let left = bytes
    async function* cut(): AsyncGenerator<Uint8Array, void, void> {
      for await (const chunk of client.incoming) {
        left -= chunk.length
        if (left < 0) throw new Error("the line is cut")
        yield chunk
      }
    }
    const channel = { ...client, incoming: cut(), write: client.write.bind(client), close: client.close.bind(client) }
    const connection = await connect(channel, { onMisbehaviour: (what) => this.misbehaviour.push(what) })
    this.#open.push(connection)
    return connection
  }

  async sync(options: Partial<SyncOptions> & { readonly bytes?: number } = {}) {
    const local = syncSide(this.mine)
    return sync(await this.connect(options.bytes), { filter, local, direction: "both", signal, ...options })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#open) await connection[Symbol.asyncDispose]()
    await this.server.close()
    await this.theirs[Symbol.asyncDispose]()
    await this.mine[Symbol.asyncDispose]()
  }
}

async function idsIn(store: RecordStore): Promise<string[]> {
  const ids: string[] = []
  for await (const id of syncSide(store).ids(filter, signal)) ids.push(toHex(id))
  return ids
}

/** Records that nobody verifies, because both sides have them, or only ids are talked about: to sign 10,000 would take half a minute. */
const many = (count: number, from = 0): VerifiedRecord[] =>
  Array.from({ length: count }, (_, at) =>
    forgeRecord({
      author: forgedKey(1),
      timestamp: parseTimestamp(NOON + BigInt((from + at) * 1_000)),
      kind: MICROBLOG_ROOT,
      nonce: BigInt(from + at),
    }),
  )
const some = (count: number): VerifiedRecord[] => Array.from({ length: count }, () => write(1))
const newestFirst = (records: readonly VerifiedRecord[]): string[] =>
  records
    .map(({ id }) => toHex(id))
    .toSorted()
    .toReversed()

describe("a sync", () => {
  it("of 10,000 records of which one in a hundred differs brings only these, both ways", async () => {
    await using rig = new Rig()
    const [shared, mine, theirs] = [many(9_900), some(100), some(100)]
    await rig.theirs.put([...shared, ...theirs])
    await rig.mine.put([...shared, ...mine])
    const progress: SyncProgress[] = []
    const { difference, ...outcome } = await rig.sync({ onProgress: (step) => progress.push(step) })
    expect(outcome).toEqual({ downloaded: 100, missing: 0, uploaded: 100, present: 0, refused: new Map() })
    expect(difference).toMatchObject({ have: 100, need: 100 })
    expect(difference.rounds).toBeLessThan(6)
    expect(difference.bytes).toBeLessThan(200_000)
    expect(await idsIn(rig.mine)).toEqual(newestFirst([...shared, ...mine, ...theirs]))
    expect(await idsIn(rig.theirs)).toEqual(await idsIn(rig.mine))
    expect(progress[0]).toEqual({ type: "reconciled", have: 100, need: 100 })
    expect(progress.at(-1)).toEqual({ type: "uploaded", count: 100, of: 100 })
    expect(rig.misbehaviour).toEqual([])
  })

  it("of which none differs talks once", async () => {
    await using rig = new Rig()
    const shared = many(10_000)
    await rig.theirs.put(shared)
    await rig.mine.put(shared)
    const { difference } = await rig.sync()
    expect(difference).toMatchObject({ have: 0, need: 0, rounds: 1 })
    expect(difference.bytes).toBeLessThan(1_000)
  })

  it("of which all differ, either way alone", async () => {
    for (const direction of ["download", "upload"] as const) {
      await using rig = new Rig()
      const [mine, theirs] = [some(150), some(150)]
      await rig.theirs.put(theirs)
      await rig.mine.put(mine)
      const { difference, ...outcome } = await rig.sync({ direction })
      const [downloaded, uploaded] = direction === "download" ? [150, 0] : [0, 150]
      expect(difference).toMatchObject({ have: 150, need: 150 })
      expect(outcome).toEqual({ downloaded, missing: 0, uploaded, present: 0, refused: new Map() })
      expect(await idsIn(rig.mine)).toHaveLength(150 + downloaded)
      expect(await idsIn(rig.theirs)).toHaveLength(150 + uploaded)
    }
  })

  it("brings the newest first, in batches that are kept as they come", async () => {
    await using rig = new Rig()
    const theirs = some(320)
    await rig.theirs.put(theirs)
    const batches: string[][] = []
    const local = syncSide(rig.mine, async (records) => void batches.push(records.map(({ id }) => toHex(id))))
    await rig.sync({ local })
    expect(batches.flat()).toEqual(newestFirst(theirs))
    expect(batches.length).toBeGreaterThan(3)
  })

  it("goes on after a broken connection with what is still missing, and keeps nothing twice", async () => {
    await using rig = new Rig()
    const theirs = some(300)
    await rig.theirs.put(theirs)
    const kept: string[] = []
    const local = syncSide(rig.mine, async (records) => {
      kept.push(...records.map(({ id }) => toHex(id)))
      return rig.mine.put(records)
    })
    await expect(rig.sync({ local, bytes: 70_000 })).rejects.toThrow(ConnectionClosedError)
    const before = kept.length
    expect(before).toBeGreaterThan(20)
    expect(before).toBeLessThan(280)
    expect(kept).toEqual(newestFirst(theirs).slice(0, before))
    const { downloaded } = await rig.sync({ local })
    expect(downloaded).toBe(300 - before)
    expect(kept).toEqual(newestFirst(theirs))
  })

  it("fetches exactly what is missing among records of one nanosecond", async () => {
    await using rig = new Rig()
    const timestamp = NOON
    const [shared, theirs] = [
      Array.from({ length: 40 }, (_, nonce) =>
        forgeRecord({ author: forgedKey(1), timestamp, kind: MICROBLOG_ROOT, nonce: BigInt(nonce) }),
      ),
      Array.from({ length: 5 }, () => write(1, { timestamp })),
    ]
    await rig.theirs.put([...shared, ...theirs])
    await rig.mine.put(shared)
    expect(await rig.sync()).toMatchObject({ downloaded: 5, missing: 0 })
    // Those that are here were not sent: their signatures would not hold.
    expect(rig.misbehaviour).toEqual([])
  })

  it("tells what the server refuses, and which code it gave; what it has already is no refusal", async () => {
    const [first, second, ...others] = some(6)
    const admit: Policy["admit"] = ({ id }) => (toHex(id) === toHex(first?.id ?? id) ? refuse(RESULT.TOO_LARGE, "too large") : { ok: true })
    await using rig = new Rig({}, { admit })
    await rig.mine.put([first, second, ...others].filter((record) => record !== undefined))
    await rig.theirs.put(second === undefined ? [] : [second])
    await rig.theirs.remove(second === undefined ? [] : [second.id])
    const refused: SyncProgress[] = []
    const outcome = await rig.sync({ onProgress: (step) => void (step.type === "refused" && refused.push(step)) })
    expect(outcome).toMatchObject({ uploaded: 4, present: 1, refused: new Map([[RESULT.TOO_LARGE, 1]]) })
    expect(refused).toEqual([{ type: "refused", id: first?.id, code: RESULT.TOO_LARGE }])
  })

  it("is refused where the filter is not narrow, and ends with its signal", async () => {
    await using rig = new Rig()
    await expect(rig.sync({ filter: {} })).rejects.toThrow(QueryRefusedError)
    const stop = new AbortController()
    await rig.theirs.put(some(150))
    const local: LocalRecords = { ...syncSide(rig.mine), put: async () => stop.abort(new Error("enough")) }
    await expect(rig.sync({ local, signal: stop.signal })).rejects.toThrow("enough")
  })
})

describe("two servers kept in step", () => {
  it("meet again after each has taken records, and after a failure", async () => {
    await using rig = new Rig()
    const stop = new AbortController()
    const failures: unknown[] = []
    const rounds: number[] = []
    const step = keepInStep({
      filter,
      local: syncSide(rig.mine),
      direction: "both",
      signal: stop.signal,
      everyMs: 60_000,
      random: () => 0.5,
      open: (): Promise<MosaicConnection> =>
        rounds.length === 1 && failures.length === 0 ? Promise.reject(new Error("no line")) : rig.connect(),
      onSynced: ({ downloaded, uploaded }) => void rounds.push(downloaded + uploaded),
      onFailed: (error) => void failures.push(error),
      sleep: async () => {
        if (rounds.length === 3) stop.abort(new Error("stopped"))
        await rig.theirs.put(some(3))
        await rig.mine.put(some(2))
        stop.signal.throwIfAborted()
      },
    })
    await expect(step).rejects.toThrow("stopped")
    expect(rounds).toEqual([0, 10, 5])
    expect(failures).toHaveLength(1)
  })
})
