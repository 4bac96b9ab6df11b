import { expect, test } from "vitest"
import { countCharacters } from "./characters.ts"

test("counts code points", () => {
  for (const text of ["", "abc", "é", "😀😀", "a😀b", "\ud800", "\udc00\ud800", "\ud800\ud800\udc00", "👩‍👩‍👧"]) {
    expect(countCharacters(text), JSON.stringify(text)).toBe([...text].length)
  }
})
