import { expect, test } from "vitest"
import type { Note } from "@tessera/node/api"
import { inThreadOrder } from "./thread-order.ts"

const author = { person: "p", label: "P", you: false, following: true }
const note = (address: string, replyTo?: string): Note => ({
  address,
  createdAt: 1,
  author,
  parts: [],
  replyCount: 0,
  ...(replyTo === undefined ? {} : { replyTo, root: "a" }),
})
const order = (...notes: Note[]) =>
  inThreadOrder(notes)
    .map(({ note: each, depth }) => `${each.address}${depth}`)
    .join(" ")

test("answers stand below what they answer, oldest first", () => {
  expect(order(note("a"), note("b", "a"), note("c", "a"), note("d", "b"), note("e", "d"), note("f", "c"))).toBe("a0 b1 d2 e3 c1 f2")
})

test("nothing is lost when a note between is missing or answers go in a circle", () => {
  expect(order(note("b", "a"), note("d", "x"))).toBe("b0 d0")
  expect(order(note("a"), note("b", "c"), note("c", "b"))).toBe("a0 b0 c1")
  expect(order(note("a", "a"))).toBe("a0")
})

test("a very deep thread is placed", () => {
  const notes = [note("n0"), ...Array.from({ length: 20_000 }, (_, index) => note(`n${index + 1}`, `n${index}`))]
  expect(inThreadOrder(notes).at(-1)?.depth).toBe(20_000)
})
