import { DecodeError } from "@tessera/mosaic"
import { expect, test } from "vitest"
import { feedHostileInput } from "../../../mosaic/test/hostile.ts"
import { bridgeTransport, parseBridgeLine } from "./bridge-line.ts"

const PRINT = "A".repeat(40)
const GOOD = [
  "192.0.2.1:443",
  `192.0.2.1:443 ${PRINT}`,
  "[2001:db8::1]:443",
  `obfs4 192.0.2.1:443 ${PRINT} cert=abc+/=x iat-mode=0`,
  `snowflake 192.0.2.3:80 ${PRINT} url=https://example.com/ fronts=a.example,b.example`,
]

test("lines as people get them are read; spaces and a leading word do not matter", () => {
  for (const line of GOOD) expect(parseBridgeLine(line)).toBe(line)
  expect(parseBridgeLine(`  Bridge   obfs4 192.0.2.1:443  ${PRINT} iat-mode=0 `)).toBe(`obfs4 192.0.2.1:443 ${PRINT} iat-mode=0`)
  expect(GOOD.map((line) => bridgeTransport(parseBridgeLine(line)))).toEqual([undefined, undefined, undefined, "obfs4", "snowflake"])
})

test.each([
  "",
  "obfs4",
  "example.com:443",
  "192.0.2.1",
  "192.0.2.1:0",
  "192.0.2.1:70000",
  "999.0.2.1:443",
  "[192.0.2.1]:443",
  "192.0.2.1:443 short",
  "192.0.2.1:443 a=b",
  "192.0.2.1:443\nSocksPort 0",
  "192.0.2.1:443\0",
  `obfs4 192.0.2.1:443 ${"a=b ".repeat(300)}`,
])("%j is no bridge", (line) => {
  expect(() => parseBridgeLine(line)).toThrow(DecodeError)
})

test("what is pasted is read or refused, and never more than one line", () => {
  const parse = (bytes: Uint8Array): void => {
    if (/[\r\n]/u.test(parseBridgeLine(Buffer.from(bytes).toString("latin1")))) throw new Error("two lines")
  }
  const good = GOOD.map((line) => new TextEncoder().encode(line))
  expect(feedHostileInput(parse, good, { runs: 30_000 })).toBeGreaterThan(100)
})
