import { expect, test } from "vitest"
import { groupsOf, withoutSpaces } from "./groups.ts"

test("groups come together again", () => {
  const text = "mocryptsec0abcdefghijklmnopq"
  expect(groupsOf(text, 5)).toEqual(["mocry", "ptsec", "0abcd", "efghi", "jklmn", "opq"])
  expect(withoutSpaces(groupsOf(text, 4).join(" \n"))).toBe(text)
  expect(groupsOf("", 4)).toEqual([])
})
