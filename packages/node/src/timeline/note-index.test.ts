import {
  buildRecord,
  encodeUtf8,
  MICROBLOG_ROOT,
  nonceFromBytes,
  nonceFromTimestamp,
  parseSecretKey,
  publicKeyOf,
  REPLY_COMMENT,
  replyTag,
  rootTag,
  timestampFromUnixMillis,
  toHex,
} from "@tessera/mosaic"
import type { Reference, VerifiedRecord } from "@tessera/mosaic"
import Database from "better-sqlite3-multiple-ciphers"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { formatCursor, parseCursor } from "./cursor.ts"
import { openNoteIndex } from "./note-index.ts"
import type { NoteIndex, NoteRow } from "./note-index.ts"

const START = 1_790_000_000_000
const at = (millis: number) => timestampFromUnixMillis(START + millis)
const people = [1, 2, 3]
  .map((byte) => parseSecretKey(new Uint8Array(32).fill(byte)))
  .map((secret) => ({ secret, key: publicKeyOf(secret) }))
const [self, friend, stranger] = people as [(typeof people)[0], (typeof people)[0], (typeof people)[0]]
type Somebody = typeof self

function write(
  by: Somebody,
  millis: number,
  options: { answers?: { parent: Reference; root: Reference }; of?: VerifiedRecord } = {},
): VerifiedRecord {
  const { answers, of } = options
  const tags = answers === undefined ? [] : [replyTag(MICROBLOG_ROOT, answers.parent), rootTag(MICROBLOG_ROOT, answers.root)]
  return buildRecord({
    author: by.key,
    signer: by.secret,
    kind: of?.kind ?? (answers === undefined ? MICROBLOG_ROOT : REPLY_COMMENT),
    nonce: of?.nonce ?? nonceFromTimestamp(at(millis)),
    timestamp: at(millis),
    tags: of?.tags ?? tags,
    payload: encodeUtf8(`${millis}`),
  })
}

const fresh = (): NoteIndex => openNoteIndex(new Database(":memory:"), self.key)
const shownIn = (index: NoteIndex): readonly string[] => index.page(undefined, 1_000).map(({ latest }) => toHex(latest))

const root = write(self, 0)
const friendRoot = write(friend, 10)
const pool: readonly VerifiedRecord[] = [
  root,
  write(self, 100, { of: root }),
  friendRoot,
  write(friend, 5_000, { of: friendRoot }),
  write(friend, 6_000, { of: friendRoot }),
  // Answers by address, by id of one version, and to a note that is not known.
  write(stranger, 20, { answers: { parent: root.address, root: root.address } }),
  write(stranger, 21, { answers: { parent: root.id, root: root.id } }),
  write(stranger, 22, { answers: { parent: friendRoot.address, root: friendRoot.address } }),
  write(stranger, 23, { answers: { parent: friendRoot.id, root: root.id } }),
  write(friend, 24, { answers: { parent: write(stranger, 1).address, root: root.address } }),
  write(friend, 25, { answers: { parent: root.address, root: root.address } }),
]
// An answer that is moved to another note by an edit.
const moved = write(stranger, 30, { answers: { parent: friendRoot.address, root: friendRoot.address } })
const movedTo = buildRecord({
  author: stranger.key,
  signer: stranger.secret,
  kind: moved.kind,
  nonce: moved.nonce,
  timestamp: at(31),
  tags: [replyTag(MICROBLOG_ROOT, root.address), rootTag(MICROBLOG_ROOT, root.address)],
})
const all = [...pool, moved, movedTo]

const plain = (row: NoteRow): unknown => ({
  ...row,
  address: toHex(row.address),
  author: toHex(row.author),
  latest: toHex(row.latest),
  parent: row.parent && toHex(row.parent),
  root: row.root && toHex(row.root),
})
const dump = (index: NoteIndex): unknown => all.map(({ address }) => index.get(address)).map((row) => row && plain(row))

describe("the index of notes", () => {
  test("is the same in whatever order records, edits and follows come", () => {
    const expected = fresh()
    expected.setFollowed(friend.key, true)
    for (const record of all) expected.take(record, at(10_000))
    fc.assert(
      fc.property(fc.shuffledSubarray([...all], { minLength: all.length }), fc.nat(all.length), (order, followAt) => {
        const index = fresh()
        for (const [i, record] of order.entries()) {
          if (i === followAt) index.setFollowed(friend.key, true)
          index.take(record, at(10_000))
        }
        index.setFollowed(friend.key, true)
        expect(dump(index)).toEqual(dump(expected))
      }),
      { numRuns: 200 },
    )
    expect(expected.get(root.address)).toMatchObject({ replies: 4, shown: 1 })
    expect(expected.get(friendRoot.address)).toMatchObject({ replies: 2, shown: 1 })
    expect(expected.thread(root.address, 100).map(({ created }) => created - START * 1_000)).toEqual(
      [21_000, 20_000, 23_000, 24_000, 25_000, 30_000].toSorted((a, b) => a - b),
    )
  })

  test("shows own notes, those of people followed, and what answers the person", () => {
    const index = fresh()
    for (const record of all) index.take(record, at(10_000))
    const authors = (): readonly string[] =>
      index
        .page(undefined, 100)
        .map(({ author }) => [self, friend, stranger].findIndex(({ key }) => toHex(key) === toHex(author)))
        .map(String)
    // Own; the friend's and the strangers' answers to it; nothing else.
    expect(authors().toSorted()).toEqual(["0", "1", "2", "2", "2"])
    index.setFollowed(friend.key, true)
    expect(authors().toSorted()).toEqual(["0", "1", "1", "1", "2", "2", "2"])
    index.setFollowed(friend.key, false)
    expect(authors().toSorted()).toEqual(["0", "1", "2", "2", "2"])
    index.setFollowed(self.key, false)
    expect(authors().toSorted()).toEqual(["0", "1", "2", "2", "2"])
  })

  test("keeps the order of an author whose clock is ahead, whichever way their notes came", () => {
    const notes = [3_600_000, 3_600_001, 3_605_000, 3_700_000, 7_000_000].map((millis) => write(self, millis))
    const written = notes.toReversed().map(({ id }) => toHex(id))
    for (const arrival of [notes, notes.toReversed(), [2, 4, 0, 3, 1].flatMap((index) => notes[index] ?? [])]) {
      const index = fresh()
      for (const [came, note] of arrival.entries()) index.take(note, at(came))
      expect(shownIn(index)).toEqual(written)
      // With the clock put right, what is new is on top again.
      const right = write(self, 10)
      index.take(right, at(10))
      expect(shownIn(index)).toEqual([toHex(right.id), ...written])
    }
  })

  test("does not let a note from the future stay on top, nor a made-up address move it", () => {
    const index = fresh()
    const future = write(self, 1_000_000_000_000)
    index.take(future, at(50))
    const later = write(self, 60)
    index.take(later, at(60))
    expect(shownIn(index)).toEqual([toHex(later.id), toHex(future.id)])
    const odd = buildRecord({
      author: self.key,
      signer: self.secret,
      kind: MICROBLOG_ROOT,
      nonce: nonceFromBytes(new Uint8Array(8).fill(0xff)),
      timestamp: at(70),
    })
    const old = buildRecord({
      author: self.key,
      signer: self.secret,
      kind: MICROBLOG_ROOT,
      nonce: nonceFromBytes(new Uint8Array(8)),
      timestamp: at(71),
    })
    for (const record of [odd, old]) {
      index.take(record, at(80))
      expect(index.get(record.address)).toMatchObject({ created: (START + (record === odd ? 70 : 71)) * 1_000 })
    }
  })

  test("says which notes look different", () => {
    const index = fresh()
    const answer = write(stranger, 40, { answers: { parent: root.address, root: root.address } })
    const changed = (record: VerifiedRecord): readonly string[] => index.take(record, at(50)).map(toHex)
    expect(changed(root)).toEqual([toHex(root.address)])
    expect(changed(root)).toEqual([])
    expect(changed(answer)).toEqual([toHex(answer.address), toHex(root.address)])
    expect(changed(write(stranger, 41, { of: answer }))).toEqual([toHex(answer.address)])
  })

  test("pages through everything once, at the same cost wherever a page begins", () => {
    const database = new Database(":memory:")
    const index = openNoteIndex(database, self.key)
    const records = Array.from({ length: 100 }, (_, i) => write(self, 1_000 + Math.floor(i / 3)))
    // Three of one moment have one address, unless they are made apart.
    const apart = Array.from({ length: 100 }, (_, i) =>
      buildRecord({
        author: self.key,
        signer: self.secret,
        kind: MICROBLOG_ROOT,
        nonce: nonceFromBytes(new Uint8Array(8).fill(i)),
        timestamp: at(2_000 + Math.floor(i / 3)),
      }),
    )
    for (const record of [...records, ...apart]) index.take(record, at(9_000))
    const total = index.page(undefined, 1_000).length
    const seen: string[] = []
    let before: NoteRow | undefined
    for (;;) {
      const page = index.page(before, 7)
      before = page.at(-1)
      if (before === undefined) break
      expect(parseCursor(formatCursor(before))).toEqual({ created: before.created, address: Uint8Array.from(before.address) })
      seen.push(...page.map(({ address }) => toHex(address)))
    }
    expect(seen).toHaveLength(total)
    expect(new Set(seen).size).toBe(total)
    const plan = database
      .prepare<unknown[], { detail: string }>(
        "EXPLAIN QUERY PLAN SELECT address FROM notes WHERE shown = 1 AND (created, address) < (?, ?) ORDER BY created DESC, address DESC LIMIT ?",
      )
      .all(1, new Uint8Array(48), 7)
      .map(({ detail }) => detail)
    expect(plan.join()).toMatch(/SEARCH notes USING .*INDEX notes_shown/)
    expect(plan.join()).not.toContain("TEMP B-TREE")
  })

  test.each(["", ".", "1", "1.ab", `${"z".repeat(12)}.${"a".repeat(96)}`, `1.${"g".repeat(96)}`, `1.${"a".repeat(97)}`])(
    "a cursor that no page gave is none: %s",
    (text) => {
      expect(parseCursor(text)).toBeUndefined()
    },
  )
})
