import { RESULT } from "@tessera/mosaic"
import { expect, it } from "vitest"
import { NOON, later } from "../testing/personas.test-suite.ts"
import { Addresses } from "./addresses.ts"

function still(limits: ConstructorParameters<typeof Addresses>[0] = {}) {
  const clock = { now: NOON }
  return { clock, addresses: new Addresses({ ...limits, now: () => clock.now }) }
}

it("lets a thousand connections of one address in out of the box, then tells why not", () => {
  const { addresses } = still()
  const entrances = Array.from({ length: 1_000 }, () => addresses.enter("127.0.0.1"))
  expect(entrances.every((entrance) => entrance !== undefined && entrance.refusal === undefined)).toBe(true)
  expect(addresses.enter("127.0.0.1")?.refusal).toBe(RESULT.TOO_FAST)
  expect(addresses.enter("::1")).toMatchObject({ refusal: undefined })
  entrances[0]?.leave()
  expect(addresses.enter("127.0.0.1")).toMatchObject({ refusal: undefined })
})

it("counts the addresses of one IPv6 /64 together", () => {
  const { addresses } = still({ limits: { connectionsPerAddress: 2 } })
  const came = ["2001:db8:0:1::1", "2001:db8:0:1:ffff::2", "2001:db8:0:1::3", "2001:db8:0:2::1"].map(
    (address) => addresses.enter(address)?.refusal,
  )
  expect(came).toEqual([undefined, undefined, RESULT.TOO_FAST, undefined])
})

it("bounds how fast one address connects, and lets it again in time", () => {
  const { addresses, clock } = still({ limits: { connectionBurst: 3, connectionsPerSecond: 1 } })
  const come = (): number | undefined => {
    const entrance = addresses.enter("10.0.0.1")
    entrance?.leave()
    return entrance?.refusal
  }
  expect([come(), come(), come(), come()]).toEqual([undefined, undefined, undefined, RESULT.TOO_FAST])
  clock.now = later(2)
  expect([come(), come(), come()]).toEqual([undefined, undefined, RESULT.TOO_FAST])
})

it("tells a bounded number of those who are banned, and drops the others", () => {
  const { addresses, clock } = still({ refusal: (address) => (address === "10.0.0.1" ? RESULT.IP_PERM_BANNED : undefined) })
  const told = Array.from({ length: 500 }, () => addresses.enter("10.0.0.1")).filter((entrance) => entrance !== undefined)
  expect(told.length).toBe(100)
  expect(told.every(({ refusal }) => refusal === RESULT.IP_PERM_BANNED)).toBe(true)
  for (const entrance of told) entrance.leave()
  expect(addresses.enter("10.0.0.1")).toBeUndefined()
  clock.now = later(1)
  const again = Array.from({ length: 500 }, () => addresses.enter("10.0.0.1")).filter((entrance) => entrance !== undefined)
  expect(again.length).toBe(20)
  // Others are served all the while.
  expect(addresses.enter("10.0.0.2")).toMatchObject({ refusal: undefined })
})

it("takes a bounded number of all", () => {
  const { addresses } = still({ limits: { connections: 2 } })
  expect(["10.0.0.1", "10.0.0.2", "10.0.0.3"].map((address) => addresses.enter(address) !== undefined)).toEqual([true, true, false])
})
