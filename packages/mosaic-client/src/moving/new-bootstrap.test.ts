import type { BootstrapServer } from "@tessera/mosaic"
import { describe, expect, it } from "vitest"
import { keyOf } from "../testing.test-suite.ts"
import { type PublishedServers, announceMove, replaceServer } from "./new-bootstrap.ts"

const [a, b, c] = [101, 102, 103].map(keyOf) as [Key, Key, Key]
type Key = ReturnType<typeof keyOf>
const uses = (...entries: [number, Key][]): BootstrapServer[] => entries.map(([usage, serverKey]) => ({ usage, serverKey }))

describe("replaceServer", () => {
  it("puts the new server where the old one stood, for what it was used", () => {
    expect(replaceServer(uses([1, a], [3, b]), a, c)).toEqual(uses([1, c], [3, b]))
    expect(replaceServer(uses([1, a], [6, b]), b, c)).toEqual(uses([1, a], [6, c]))
  })

  it("joins the uses of one that was there already, and of a server that stands twice", () => {
    expect(replaceServer(uses([1, a], [2, b], [4, a]), a, b)).toEqual(uses([7, b]))
    expect(() => replaceServer(uses([1, a]), b, c)).toThrow(RangeError)
  })
})

describe("announceMove", () => {
  it("publishes the next bootstrap", async () => {
    let known: PublishedServers | undefined = { sequence: 7n, servers: uses([3, a]) }
    const port = { lookup: async () => known, publish: async (next: PublishedServers) => void (known = next) }
    const move = { person: keyOf(1), from: a, to: c, signal: AbortSignal.timeout(1_000) }
    await announceMove(port, move)
    expect(known).toEqual({ sequence: 8n, servers: uses([3, c]) })
    known = undefined
    await expect(announceMove(port, move)).rejects.toThrow(RangeError)
  })
})
