import {
  buildKeySchedule,
  buildRecord,
  encodeProfile,
  encodeUtf8,
  KEY_SCHEDULE,
  MICROBLOG_ROOT,
  nonceFromTimestamp,
  notifyTag,
  parseSecretKey,
  parseTimestamp,
  PROFILE,
  publicKeyOf,
  REPLY_COMMENT,
  replyTag,
  rootTag,
  signAttestation,
  timestampFromUnixMillis,
  toHex,
  ZERO_TIMESTAMP,
} from "@tessera/mosaic"
import type { Kind, SecretKey, Timestamp, VerifiedRecord } from "@tessera/mosaic"
import { channelPair, createServer, openMemoryStore } from "@tessera/mosaic-server"
import type { QueryCursor, QueryPage, RecordStore } from "@tessera/mosaic-server"
import { connect } from "@tessera/mosaic-client"
import type { MosaicConnection } from "@tessera/mosaic-client"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { STATE } from "../state/record.ts"
import { createDoorPolicy } from "./policy.ts"
import { createDoorView, MOST_IDENTITIES } from "./view.ts"

let clock = 1_790_000_000_000
const now = (): Timestamp => timestampFromUnixMillis((clock += 1))

interface Person {
  readonly master: SecretKey
  readonly device: SecretKey
  readonly key: ReturnType<typeof publicKeyOf>
}

function person(seed: number): Person {
  const master = parseSecretKey(new Uint8Array(32).fill(seed))
  return { master, device: parseSecretKey(new Uint8Array(32).fill(seed + 100)), key: publicKeyOf(master) }
}

const owner = person(1)
const friend = person(2)
const stranger = person(3)

function schedule({ master, device, key }: Person): VerifiedRecord {
  const entry = {
    use: "signing",
    key: publicKeyOf(device),
    state: "active",
    since: ZERO_TIMESTAMP,
    attestation: signAttestation(device, key),
  } as const
  return buildKeySchedule({ master, timestamp: now(), entries: [entry] })
}

function profile({ master, key }: Person, name: string, address = 1n): VerifiedRecord {
  const timestamp = now()
  return buildRecord({
    author: key,
    signer: master,
    kind: PROFILE,
    nonce: nonceFromTimestamp(parseTimestamp(address)),
    timestamp,
    payload: encodeProfile({ name }),
  })
}

function write(
  { key, device }: Person,
  text: string,
  kind: Kind = MICROBLOG_ROOT,
  tags: Parameters<typeof buildRecord>[0]["tags"] = [],
): VerifiedRecord {
  const timestamp = now()
  return buildRecord({
    author: key,
    signer: device,
    kind,
    nonce: nonceFromTimestamp(timestamp),
    timestamp,
    tags,
    payload: encodeUtf8(text),
  })
}

const answer = (from: Person, to: VerifiedRecord, text: string, notified = [to.author]): VerifiedRecord =>
  write(from, text, REPLY_COMMENT, [replyTag(to.kind, to.address), rootTag(to.kind, to.address), ...notified.map(notifyTag)])

let records: RecordStore
let server: ReturnType<typeof createServer>
let visitor: MosaicConnection
let ownNote: VerifiedRecord
let friendNote: VerifiedRecord
let secret: VerifiedRecord

beforeEach(async () => {
  records = openMemoryStore({ now })
  ownNote = write(owner, "mine")
  friendNote = write(friend, "what the owner reads")
  secret = write(owner, "sealed", STATE)
  await records.put([schedule(owner), profile(owner, "owner"), ownNote, secret, schedule(friend), profile(friend, "friend"), friendNote])
  await records.put([answer(stranger, friendNote, "an answer that only the friend's followers know")])
  const view = createDoorView({ records, owner: owner.key, now })
  const limits = { answerBytes: 2_000, identityBytes: 5_000, answersOfOne: 3, answers: 5 }
  server = createServer({ store: view, serverKey: owner.key, policy: createDoorPolicy({ records, owner: owner.key, limits }), now })
  visitor = await come()
})
afterEach(async () => {
  await visitor[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

async function come(): Promise<MosaicConnection> {
  const [mine, theirs] = channelPair()
  void server.serve(theirs)
  return connect(mine)
}

async function all(source: AsyncIterable<VerifiedRecord>): Promise<readonly string[]> {
  const texts: string[] = []
  for await (const record of source) texts.push(describeRecord(record))
  return texts
}

function describeRecord(record: VerifiedRecord): string {
  if (record.kind === KEY_SCHEDULE) return `schedule ${toHex(record.author).slice(0, 4)}`
  if (record.kind === PROFILE) return `profile ${toHex(record.author).slice(0, 4)}`
  return new TextDecoder().decode(record.payload)
}

const of = ({ key }: Person): string => toHex(key).slice(0, 4)
const submit = async (record: VerifiedRecord): Promise<number> => (await visitor.submit(record)).code
const ACCEPTED = 2
const DUPLICATE = 3
const UNAUTHORIZED = 33

describe("a visitor", () => {
  test("reads what the owner publishes, and nothing else that the owner holds", async () => {
    const everything = [`profile ${of(owner)}`, "mine", `schedule ${of(owner)}`].sort()
    expect((await all(visitor.query({ authors: [owner.key] }))).toSorted()).toEqual(everything)
    expect((await all(visitor.query({ since: ZERO_TIMESTAMP }, { limit: 1_000 }))).toSorted()).toEqual(everything)
    for (const kinds of [[MICROBLOG_ROOT, REPLY_COMMENT], [STATE], [KEY_SCHEDULE, PROFILE]]) {
      const texts = await all(visitor.query({ kinds }))
      expect(texts.every((text) => everything.includes(text))).toBe(true)
    }
    expect(await all(visitor.query({ authors: [friend.key, stranger.key] }))).toEqual([])
    expect(await all(visitor.query({ signers: [publicKeyOf(friend.device)] }))).toEqual([])
    expect(await all(visitor.query({ includedTags: [[notifyTag(friend.key)]] }))).toEqual([])
    expect(await all(visitor.get([friendNote.id, friendNote.address, secret.id, secret.address, ownNote.id]))).toEqual(["mine"])
  })

  test("is not told of hidden things that are new", async () => {
    const seen: string[] = []
    const stop = new AbortController()
    const reading = (async () => {
      for await (const item of visitor.subscribe(
        { kinds: [MICROBLOG_ROOT, REPLY_COMMENT, STATE, PROFILE] },
        { limit: 1, signal: stop.signal },
      )) {
        if ("record" in item) seen.push(describeRecord(item.record))
        if (seen.includes("last")) return
      }
    })()
    await new Promise((resolve) => setTimeout(resolve, 50))
    await records.put([
      write(friend, "hidden"),
      profile(friend, "hidden too"),
      write(owner, "sealed too", STATE),
      answer(stranger, friendNote, "also hidden"),
    ])
    await records.put([write(owner, "last")])
    await reading
    stop.abort()
    expect(seen.slice(-1)).toEqual(["last"])
    expect(seen).toHaveLength(2)
  })

  test("answers the owner, once they said who they are; then all can see both", async () => {
    expect(await submit(answer(stranger, ownNote, "too early"))).toBe(UNAUTHORIZED)
    const who = [schedule(stranger), profile(stranger, "stranger")]
    for (const record of who) expect(await submit(record)).toBe(ACCEPTED)
    // Nothing of it is in the owner's records yet.
    expect((await records.query({ authors: [stranger.key], kinds: [KEY_SCHEDULE, PROFILE] }, { limit: 10 })).records).toEqual([])
    const first = answer(stranger, ownNote, "hello")
    expect(await submit(first)).toBe(ACCEPTED)
    expect(await submit(first)).toBe(DUPLICATE)
    const other = await come()
    expect((await all(other.query({ authors: [stranger.key] }))).toSorted()).toEqual(
      ["hello", `profile ${of(stranger)}`, `schedule ${of(stranger)}`].sort(),
    )
    await other[Symbol.asyncDispose]()
    expect((await records.query({ authors: [stranger.key], kinds: [KEY_SCHEDULE, PROFILE] }, { limit: 10 })).records).toHaveLength(2)
  })

  test("cannot leave anything else", async () => {
    expect(await submit(schedule(stranger))).toBe(ACCEPTED)
    expect(await submit(write(stranger, "a note"))).toBe(UNAUTHORIZED)
    expect(await submit(answer(stranger, friendNote, "to somebody else"))).toBe(UNAUTHORIZED)
    expect(await submit(write(stranger, "state", STATE))).toBe(UNAUTHORIZED)
    expect(await submit(write(owner, "as the owner"))).toBe(UNAUTHORIZED)
    expect(await submit(answer(stranger, ownNote, "x".repeat(2_000)))).not.toBe(ACCEPTED)
    for (const text of ["1", "2", "3"]) expect(await submit(answer(stranger, ownNote, text))).toBe(ACCEPTED)
    expect(await submit(answer(stranger, ownNote, "4"))).not.toBe(ACCEPTED)
  })

  test("cannot fill the disk with profiles, each under another nonce", async () => {
    for (const record of [schedule(stranger), profile(stranger, "me")]) expect(await submit(record)).toBe(ACCEPTED)
    expect(await submit(answer(stranger, ownNote, "hello"))).toBe(ACCEPTED)
    const codes = await Promise.all(Array.from({ length: 30 }, (_, i) => submit(profile(stranger, "again", BigInt(i + 2)))))
    expect(codes.filter((code) => code === ACCEPTED)).toHaveLength(MOST_IDENTITIES - 2)
    const { records: kept } = await records.query({ authors: [stranger.key], kinds: [KEY_SCHEDULE, PROFILE] }, { limit: 100 })
    expect(kept).toHaveLength(MOST_IDENTITIES)
    // What replaces one of them still comes in.
    expect(await submit(profile(stranger, "new name"))).toBe(ACCEPTED)
  })

  test("cannot find out whom the owner reads", async () => {
    // The owner holds the friend's schedule and profile, not the stranger's: the door must say the same of both, step by step.
    const probe = async (who: Person): Promise<readonly (number | readonly string[])[]> => {
      const old = schedule(who)
      const fresh = schedule(who)
      const name = profile(who, "probe")
      const note = who === friend ? friendNote : write(stranger, "note")
      return [
        await all(visitor.query({ authors: [who.key] })),
        await submit(note),
        await submit(fresh),
        await submit(fresh),
        await submit(old),
        await submit(name),
        await submit(note),
        (await all(visitor.query({ authors: [who.key] }))).map((text) => text.split(" ")[0] ?? ""),
        (await all(visitor.get([note.id, note.address, fresh.id, fresh.address]))).map((text) => text.split(" ")[0] ?? ""),
      ]
    }
    const known = await probe(friend)
    expect(known).toEqual(await probe(stranger))
    expect(known[2]).toBe(ACCEPTED)
    // What the owner holds is not replaced by a visitor's version, nor is the visitor's shown the owner's.
    const [held] = (await records.query({ authors: [friend.key], kinds: [PROFILE] }, { limit: 1 })).records
    expect(held?.record.id).toBeDefined()
    expect(new TextDecoder().decode(held?.record.payload)).not.toContain("probe")
  })

  test("pages through many records without gap or double", async () => {
    const texts: string[] = []
    for (let i = 0; i < 50; i++) {
      texts.push(`note ${i}`)
      await records.put([write(owner, `note ${i}`), write(friend, `hidden ${i}`), write(owner, `state ${i}`, STATE)])
    }
    const view = createDoorView({ records, owner: owner.key, now })
    const seen: string[] = []
    let cursor
    do {
      const page: Awaited<ReturnType<RecordStore["query"]>> = await view.query(
        { kinds: [MICROBLOG_ROOT, REPLY_COMMENT] },
        { limit: 7, ...(cursor === undefined ? {} : { cursor }) },
      )
      seen.push(...page.records.map(({ record }) => describeRecord(record)))
      cursor = page.next
    } while (cursor !== undefined)
    expect(seen).toEqual([...texts.toReversed(), "mine"])
  })

  test("passes nothing over where the pages of what it puts together end at different places, full before they are long", async () => {
    const old = answer(friend, ownNote, "an old answer")
    const notes = Array.from({ length: 25 }, (_, index) => write(owner, `${index} `.padEnd(100_000)))
    await records.put([old, ...notes])
    const view = createDoorView({ records, owner: owner.key, now })
    const seen: string[] = []
    let cursor: QueryCursor | undefined
    do {
      const filter = { kinds: [MICROBLOG_ROOT, REPLY_COMMENT], since: old.timestamp }
      const page: QueryPage = await view.query(filter, { limit: 100, ...(cursor !== undefined && { cursor }) })
      seen.push(...page.records.map(({ record }) => describeRecord(record).trim()))
      cursor = page.next
    } while (cursor !== undefined)
    expect(seen).toEqual([...notes.map((_, index) => String(index)).toReversed(), "an old answer"])
  })
})
