import { expect, test } from "vitest"
import { parseFragment } from "./fragment.ts"

test("reads the token and the card of the address", () => {
  expect(parseFragment("#abcDEF123-_token")).toEqual({ token: "abcDEF123-_token" })
  expect(parseFragment("#abcDEF123&card=tessera:yyb")).toEqual({ token: "abcDEF123", card: "tessera:yyb" })
  expect(parseFragment("#card=tessera%3Ayyb")).toEqual({ card: "tessera:yyb" })
  expect(parseFragment("#token=abc123")).toEqual({ token: "abc123" })
})

test("finds nothing in an ordinary fragment", () => {
  expect(parseFragment("")).toEqual({})
  expect(parseFragment("#")).toEqual({})
  expect(parseFragment("#main")).toEqual({})
  expect(parseFragment("#card=%")).toEqual({ card: "%" })
})
