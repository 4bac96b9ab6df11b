import { parseArgs } from "node:util"
import { DEFAULT_LIMITS, DEFAULT_RATES } from "@tessera/mosaic-server"
import { expect, it } from "vitest"
import { UsageError } from "../command.ts"
import { hostOptions, readHostOptions } from "./host-options.ts"

function read(...words: readonly string[]) {
  const { values } = parseArgs({ args: [...words], options: hostOptions })
  const output = { json: false, line: () => {}, value: () => {}, say: () => {} }
  return readHostOptions({ options: values, words: [], output, signal: new AbortController().signal })
}

it("keeps what is not said as it is out of the box", () => {
  const options = read("--open")
  expect(options).toMatchObject({ isOpen: true, members: [], admission: "closed", moderates: false, limits: DEFAULT_LIMITS })
  expect(options.rates).toEqual(DEFAULT_RATES)
})

it("reads every limit and rate that is said", () => {
  const words = [
    "--limit",
    "connections=5",
    "--limit",
    "subscriptions=7",
    "--limit",
    "heldRecords=8",
    "--limit",
    "remembered=9",
    "--limit",
    "handshakeMs=10",
  ]
  const options = read("--admission", "invite", "--moderate", "--rate", "key.query=3/1", "--rate", "address.submission=4/0", ...words)
  expect(options).toMatchObject({
    admission: "invite",
    moderates: true,
    limits: { subscriptions: 7 },
    handshakeMs: 10,
    holdLimits: { records: 8, recordsOfOne: 100 },
  })
  expect(options.addressLimits).toMatchObject({ connections: 5, connectionsPerAddress: 1_000 })
  expect(options.rates).toMatchObject({
    remembered: 9,
    key: { query: { burst: 3, perSecond: 1 } },
    address: { submission: { burst: 4, perSecond: 0 } },
  })
  expect(options.limits).not.toHaveProperty("connections")
})

it.each([
  [[]],
  [["--open", "--member-file", "f"]],
  [["--open", "--moderate"]],
  [["--open", "--admission", "invite"]],
  [["--admission", "perhaps"]],
  [["--member", "mopub0nonsense"]],
  [["--open", "--rate", "address.submission=5"]],
  [["--open", "--rate", "butler.submission=5/1"]],
  [["--open", "--rate", "key.query=0/1"]],
  [["--open", "--limit", "patience=3"]],
  [["--open", "--limit", "connections=0"]],
  [["--open", "--limit", "__proto__=1"]],
  [["--open", "--service-url", "example.net"]],
  [["--open", "--service-url", "https://a\r\nX-Evil: 1"]],
  [["--open", "--max-record", "5"]],
] as const)("refuses %j with a sentence", (words) => {
  expect(() => read(...words)).toThrow(UsageError)
})
