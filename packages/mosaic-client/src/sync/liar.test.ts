import {
  type ByteChannel,
  type Message,
  type VerifiedRecord,
  FrameReader,
  ItemSetBuilder,
  RESULT,
  encodeMessage,
  isBlobPiece,
  parseMessage,
  respond,
} from "@tessera/mosaic"
import { channelPair } from "@tessera/mosaic-server"
import { describe, expect, it } from "vitest"
import { connect } from "../connection/connection.ts"
import { QueryRefusedError } from "../errors.ts"
import { keyOf, write } from "../testing.test-suite.ts"
import type { LocalRecords } from "./local-records.ts"
import { reconcile } from "./reconcile.ts"
import { type SyncOutcome, sync } from "./sync.ts"

const signal = AbortSignal.timeout(30_000)
const filter = { authors: [keyOf(1)] }
const mine = Array.from({ length: 100 }, () => write(1))
const theirs = Array.from({ length: 20 }, () => write(1))

/** A server that answers as a test wants, however wrong. */
async function serve(channel: ByteChannel, answer: (message: Message) => readonly (Message | Uint8Array)[]): Promise<void> {
  const reader = new FrameReader()
  for await (const chunk of channel.incoming) {
    for (const frame of reader.push(chunk)) {
      if (isBlobPiece(frame)) continue
      const message = parseMessage(frame.bytes)
      const replies =
        message.type === "hello" ? [{ type: "helloAck" as const, result: RESULT.SUCCESS, version: 0, applications: [0] }] : answer(message)
      for (const reply of replies) await channel.write(reply instanceof Uint8Array ? reply : encodeMessage(reply))
    }
  }
}

const kept: VerifiedRecord[] = []
const local: LocalRecords = {
  ids: () => mine.map(({ id }) => id),
  records: () => [],
  put: async (records) => void kept.push(...records),
}

async function syncWith(
  answer: (message: Message) => readonly (Message | Uint8Array)[],
): Promise<SyncOutcome & { misbehaviour: string[] }> {
  const [client, server] = channelPair()
  void serve(server, answer).catch(() => {})
  kept.length = 0
  const misbehaviour: string[] = []
  await using connection = await connect(client, { onMisbehaviour: (what) => misbehaviour.push(what), limits: { requestMs: 500 } })
  return { ...(await sync(connection, { filter, local, direction: "download", signal, mostNeeded: 1_000 })), misbehaviour }
}

/** Answers as a server does that has these records. */
function honest(records: readonly VerifiedRecord[]): (message: Message) => Message[] {
  const builder = new ItemSetBuilder()
  for (const { id } of records) builder.addRecord(id)
  const items = builder.finish()
  return (message) => {
    if (message.type !== "syncInit" && message.type !== "syncClientData") return []
    const steps = respond(items, message.data, 65_536)
    let step = steps.next()
    while (step.done !== true) step = steps.next()
    return [{ type: "syncServerData", queryId: message.queryId, data: step.value }]
  }
}

const closed = (queryId: number): Message => ({ type: "queryClosed", queryId, result: RESULT.SUCCESS })
const forever = Uint8Array.of(0x61, 0, 0, 1, ...new Uint8Array(16))

describe("a server that lies", () => {
  it("cannot go on for ever", async () => {
    let asked = 0
    const lying = syncWith((message) => {
      if (message.type !== "syncInit" && message.type !== "syncClientData") return []
      asked += 1
      return [{ type: "syncServerData", queryId: message.queryId, data: forever }]
    })
    await expect(lying).rejects.toThrow("does not end")
    expect(asked).toBeLessThan(200)
  })

  it("cannot name more than it may", async () => {
    const ids = new Uint8Array(1_001 * 32).map((_, at) => (at % 32 === 0 ? at >> 5 : at % 32 === 1 ? at >> 13 : 1))
    const data = Uint8Array.of(0x61, 0, 0, 2, 0x87, 0x69, ...ids)
    const lying = syncWith((message) => (message.type === "syncInit" ? [{ type: "syncServerData", queryId: message.queryId, data }] : []))
    await expect(lying).rejects.toThrow("more than 1000 ids")
  })

  it("is found out when it names what it does not have, and when times cannot be", async () => {
    const impossible = [...theirs.slice(0, 1), ...theirs].map(({ id }, at) => (at === 0 ? new Uint8Array(48).fill(0xfe) : id))
    const all = honest([...mine, ...theirs])
    const data = Uint8Array.of(0x61, 0, 0, 2, 21, ...impossible.flatMap((id) => [...id.subarray(0, 32)]))
    const outcome = await syncWith((message) => {
      if (message.type === "query")
        return [
          ...theirs.slice(5).map((record) => ({ type: "record" as const, queryId: message.queryId, record: record.bytes })),
          closed(message.queryId),
        ]
      return message.type === "syncInit" ? [{ type: "syncServerData", queryId: message.queryId, data }] : all(message)
    })
    expect(outcome).toMatchObject({ downloaded: 15, missing: 6 })
  })

  it("cannot bring what was not needed, not once more than needed, nor what does not hold", async () => {
    const all = honest([...mine, ...theirs])
    const forged = (theirs[0]?.bytes ?? new Uint8Array(0)).slice()
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1
    const outcome = await syncWith((message) => {
      if (message.type !== "query") return all(message)
      const { queryId } = message
      const records = [forged, write(2).bytes, ...[...mine, ...theirs, ...theirs].map(({ bytes }) => bytes)]
      return [...records.map((record) => ({ type: "record" as const, queryId, record })), closed(queryId)]
    })
    expect(outcome).toMatchObject({ downloaded: 20, missing: 0 })
    expect(kept).toHaveLength(20)
    expect(outcome.misbehaviour.some((what) => what.includes("does not hold"))).toBe(true)
  })

  it("is left when it sends without end what was not needed", async () => {
    const all = honest([...mine, ...theirs])
    const outcome = await syncWith((message) => {
      if (message.type !== "query") return all(message)
      const { queryId } = message
      return Array.from({ length: 600 }, () => ({ type: "record" as const, queryId, record: theirs[0]?.bytes ?? new Uint8Array(0) }))
    })
    expect(outcome).toMatchObject({ downloaded: 1, missing: 19 })
  }, 20_000)

  it("is refused for what is no message of negentropy, and for another version", async () => {
    const saying = (data: Uint8Array) =>
      syncWith((message) => (message.type === "syncInit" ? [{ type: "syncServerData", queryId: message.queryId, data }] : []))
    await expect(saying(new Uint8Array(0))).rejects.toThrow("negentropy version")
    await expect(saying(Uint8Array.of(0x60))).rejects.toThrow("not spoken here")
    await expect(saying(Uint8Array.of(0x61, 0, 0, 9))).rejects.toThrow("range mode")
  })

  it("says what it does not want with a code, and is silent for so long only", async () => {
    await expect(
      syncWith((message) =>
        message.type === "syncInit" ? [{ type: "syncError", queryId: message.queryId, result: RESULT.TOO_OPEN }] : [],
      ),
    ).rejects.toThrow(QueryRefusedError)
    await expect(syncWith(() => [])).rejects.toThrow("in time")
  })
})

describe("a reconciliation that is left", () => {
  it("is closed at the server, and its late answer is nobody's fault; one that nobody asked for is", async () => {
    const [client, server] = channelPair()
    const seen: Message[] = []
    let late: number | undefined
    void serve(server, (message) => {
      seen.push(message)
      if (message.type === "syncInit" && late === undefined) {
        late = message.queryId
        return []
      }
      if (message.type !== "get" || late === undefined) return []
      const answer: Message = { type: "syncServerData", queryId: late, data: forever }
      return [answer, ...(seen.length > 3 ? [answer] : []), closed(message.queryId)]
    })
    const misbehaviour: string[] = []
    await using connection = await connect(client, { onMisbehaviour: (what) => misbehaviour.push(what) })
    const stop = new AbortController()
    const left = reconcile(connection, { filter, items: new ItemSetBuilder().finish(), signal: stop.signal })
    while (seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    stop.abort(new Error("left"))
    await expect(left).rejects.toThrow("left")
    await connection.ping()
    expect(seen.map(({ type }) => type)).toEqual(["syncInit", "syncClose", "get"])
    expect(misbehaviour).toEqual([])
    await connection.ping()
    expect(misbehaviour).toEqual(Array.from({ length: 2 }, () => "a message of a reconciliation that nobody asked for"))
  })
})
