import { concatBytes, resultName } from "@tessera/mosaic"
import { freshKind } from "../cast/kind.ts"
import { idOf } from "../cast/record.ts"
import { setScene, storeSome } from "../cast/scene.ts"
import type { Rule } from "../rule.ts"
import { expectEqual, expectTrue, fail, skip } from "../verdict.ts"
import { readLittleEndian, u16, zeros } from "../wire/bytes.ts"
import * as f from "../wire/filter.ts"
import * as message from "../wire/message.ts"
import type { Peer } from "../wire/peer.ts"
import { TYPE } from "../wire/type.ts"

const page = "sync"

/** Negentropy, version 1: one range up to the end of everything, with a list of no ids. */
const NOTHING = Uint8Array.of(0x61, 0, 0, 2, 0)
const ID_LIST = 2

const init = (queryId: number, filter: Uint8Array, data: Uint8Array): Uint8Array =>
  message.framed(TYPE.SYNC_INIT, concatBytes(u16(queryId), zeros(2)), filter, data)
const close = (queryId: number): Uint8Array => message.framed(TYPE.SYNC_CLOSE, concatBytes(u16(queryId), zeros(2)))

/** What the server says next about a reconciliation. @throws {RuleSkip} where it does not speak the extension. */
async function answer(peer: Peer, queryId: number): Promise<Uint8Array> {
  const bytes = await peer.take("Sync Data or Sync Error", (each) => {
    const isSync = each[0] === TYPE.SERVER_SYNC_DATA || each[0] === TYPE.SYNC_ERROR
    return each[0] === TYPE.UNRECOGNIZED || (isSync && readLittleEndian(each, 4, 6) === queryId)
  })
  return bytes[0] === TYPE.UNRECOGNIZED ? skip("the server does not speak the extension") : bytes
}

/** The ids that a server lists to somebody who has nothing, in hexadecimal. */
async function listed(peer: Peer, filter: Uint8Array): Promise<readonly string[]> {
  const queryId = peer.newQueryId()
  await peer.send(init(queryId, filter, NOTHING))
  const bytes = await answer(peer, queryId)
  if (bytes[0] === TYPE.SYNC_ERROR) fail(`Sync Error with ${resultName(bytes[6] ?? 0)}`)
  const ids = readIds(bytes.subarray(8))
  await peer.send(close(queryId))
  return ids.toSorted()
}

/** Reads what answers {@link NOTHING}: ranges that are lists of ids, or are skipped. */
function readIds(data: Uint8Array): string[] {
  expectEqual(data[0], 0x61, "version of negentropy")
  let at = 1
  const varint = (): number => {
    for (let value = 0; ;) {
      const digit = data[at] ?? fail("negentropy that is cut off")
      at += 1
      value = value * 128 + (digit & 0x7f)
      if (digit < 0x80) return value
    }
  }
  const ids: string[] = []
  while (at < data.length) {
    varint()
    const prefix = varint()
    at += prefix
    const mode = varint()
    if (mode === 0) continue
    if (mode !== ID_LIST) fail(`a range of mode ${mode} in the answer to an empty list`)
    for (let left = varint(); left > 0; left -= 1) {
      ids.push(Buffer.from(data.subarray(at, at + 32)).toString("hex"))
      at += 32
    }
  }
  expectEqual(at, data.length, "bytes of negentropy")
  return ids
}

const idsOf = (records: readonly Uint8Array[]): string[] =>
  records.map((record) => Buffer.from(idOf(record).subarray(0, 32)).toString("hex")).toSorted()

async function errorOf(peer: Peer, queryId: number): Promise<string> {
  const bytes = await answer(peer, queryId)
  if (bytes[0] !== TYPE.SYNC_ERROR) fail("Sync Data instead of Sync Error")
  return resultName(bytes[6] ?? 0)
}

export const syncRules: readonly Rule[] = [
  {
    id: "sync-lists",
    page,
    level: "SETTLED",
    title: "Sync Init from somebody who has nothing is answered with the ids of what matches, 32 bytes each",
    async run(context) {
      const scene = await setScene(context)
      const records = await storeSome(scene, 5)
      const ids = await listed(scene.peer, f.filter(f.kinds(scene.kind)))
      expectEqual(ids.join(" "), idsOf(records).join(" "), "ids")
      expectEqual((await listed(scene.peer, f.filter(f.kinds(freshKind())))).length, 0, "ids where nothing matches")
    },
  },
  {
    id: "sync-reading-rights",
    page,
    level: "SETTLED",
    title: "Sync names only what the peer may read",
    async run(context) {
      const author = await context.member("outbox")
      const [shown, hidden] = [freshKind(), freshKind("unique", "author")]
      const [anonymous, own] = [await context.open(), await context.open(author.secret)]
      const records = [author.write({ kind: shown }), author.write({ kind: hidden })]
      await anonymous.put(...records)
      const filter = f.filter(f.kinds(shown, hidden))
      expectEqual((await listed(anonymous, filter)).join(" "), idsOf(records.slice(0, 1)).join(" "), "ids for the anonymous")
      expectEqual((await listed(own, filter)).join(" "), idsOf(records).join(" "), "ids for the author")
    },
  },
  {
    id: "sync-too-open",
    page,
    level: "SETTLED",
    title: "A Sync Init without a narrow element gets Sync Error TOO_OPEN, a broken one INVALID",
    async run(context) {
      const peer = await context.open()
      const [open, broken] = [peer.newQueryId(), peer.newQueryId()]
      await peer.send(init(open, f.filter(), NOTHING))
      expectEqual(await errorOf(peer, open), "TOO_OPEN", "result")
      await peer.send(init(broken, f.filter(f.kinds(freshKind())), Uint8Array.of(0x61, 0xff)))
      expectEqual(await errorOf(peer, broken), "INVALID", "result of broken negentropy")
      await peer.expectAlive()
    },
  },
  {
    id: "sync-unknown-id",
    page,
    level: "SETTLED",
    title: "Sync Data for an id that is no open reconciliation gets NOT_FOUND; Sync Close is not answered",
    async run(context) {
      const peer = await context.open()
      const queryId = peer.newQueryId()
      await peer.send(message.framed(TYPE.SYNC_DATA, concatBytes(u16(queryId), zeros(2)), NOTHING))
      expectEqual(await errorOf(peer, queryId), "NOT_FOUND", "result")
      await peer.send(close(queryId))
      await peer.expectNothing("Sync Close is answered with")
      await peer.send(init(queryId, f.filter(f.kinds(freshKind())), NOTHING))
      expectTrue((await answer(peer, queryId))[0] === TYPE.SERVER_SYNC_DATA, "the id cannot be used")
      await peer.send(close(queryId), message.framed(TYPE.SYNC_DATA, concatBytes(u16(queryId), zeros(2)), NOTHING))
      expectEqual(await errorOf(peer, queryId), "NOT_FOUND", "result after Close")
    },
  },
]
