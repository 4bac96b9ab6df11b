import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { Note } from "@tessera/node/api"
import { appendPage, belongs, newestFirst, placeNote } from "./note-order.ts"

const author = { person: "p", label: "P", you: false, following: true }
const note = (address: string, createdAt: number, text = ""): Note => ({ address, createdAt, author, parts: [{ text }], replyCount: 0 })
const notes = fc.array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 5 })), { maxLength: 40 })

describe("placeNote", () => {
  test("gives one order, each note once, however they arrive", () => {
    fc.assert(
      fc.property(notes, (pairs) => {
        const list = pairs.reduce<readonly Note[]>((all, [id, at]) => placeNote(all, note(`n${id}`, at)), [])
        expect([...list].sort(newestFirst)).toEqual(list)
        const newest = new Map(pairs.map(([id, at]) => [`n${id}`, at]))
        expect(new Map(list.map((each) => [each.address, each.createdAt]))).toEqual(newest)
      }),
      { numRuns: 200 },
    )
  })

  test("replaces an edited note in its place", () => {
    const list = [note("c", 3), note("b", 2), note("a", 1)]
    expect(placeNote(list, note("b", 2, "new"))).toEqual([note("c", 3), note("b", 2, "new"), note("a", 1)])
  })
})

test("a page that overlaps what is shown appears once", () => {
  const list = [note("c", 3), note("b", 2)]
  expect(appendPage(list, [note("b", 2), note("a", 1)]).map((each) => each.address)).toEqual(["c", "b", "a"])
})

test("a note below the end waits for its page", () => {
  const list = [note("c", 3), note("b", 2)]
  expect(belongs(list, note("d", 4), true)).toBe(true)
  expect(belongs(list, note("a", 1), true)).toBe(false)
  expect(belongs(list, note("a", 1), false)).toBe(true)
  expect(belongs([], note("a", 1), true)).toBe(true)
})
