import { BlockList, isIPv4, isIPv6 } from "node:net"
import fc from "fast-check"
import { expect, it } from "vitest"
import { addressGroup, formatIpRange, parseIpAddress, parseIpRange, rangeOf, remoteAddress } from "./ip-address.ts"

it("reads what Node reads as an address, and nothing else", () => {
  const text = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.stringMatching(/^[0-9a-f:.]{0,20}$/),
    fc.constantFrom(
      "::",
      "1::",
      "::ffff:1.2.3.4",
      "::1.2.3",
      "1.2.3.4::",
      "01.2.3.4",
      "1:2:3:4:5:6:7::",
      "1:2:3:4:5:6:7:8::",
      "1:2:3:4:5:6:1.2.3.4",
    ),
  )
  fc.assert(
    fc.property(text, (each) => {
      expect(parseIpAddress(each) !== undefined).toBe(isIPv4(each) || isIPv6(each))
    }),
    { numRuns: 2_000 },
  )
})

it("finds an address in a range when Node does", () => {
  fc.assert(
    fc.property(fc.tuple(fc.ipV6(), fc.ipV6()), fc.integer({ min: 0, max: 128 }), ([first, second], bits) => {
      const [address, other] = [parseIpAddress(first), parseIpAddress(second)]
      if (address === undefined || other === undefined) return
      // Half of the other address is the same, so that being within happens.
      other.set(address.subarray(0, 8))
      const range = rangeOf(address, bits)
      const list = new BlockList()
      list.addSubnet(formatIpRange({ address, bits: 128 }).split("/")[0] ?? "", bits, "ipv6")
      const text = Array.from({ length: 8 }, (_, at) => (((other[at * 2] ?? 0) << 8) | (other[at * 2 + 1] ?? 0)).toString(16)).join(":")
      expect(formatIpRange(rangeOf(other, bits)) === formatIpRange(range)).toBe(list.check(text, "ipv6"))
    }),
    { numRuns: 500 },
  )
})

it("reads ranges as they are written", () => {
  const read = (text: string): string | undefined => {
    const range = parseIpRange(text)
    return range === undefined ? undefined : formatIpRange(range)
  }
  expect(["10.1.2.3", "10.0.0.0/8", "0.0.0.0/0", "2001:db8::1", "2001:db8::/32", "::1/128", "::ffff:10.1.2.3"].map(read)).toEqual([
    "10.1.2.3",
    "10.0.0.0/8",
    "0.0.0.0/0",
    "2001:db8:0:0:0:0:0:0/64",
    "2001:db8:0:0:0:0:0:0/32",
    "0:0:0:0:0:0:0:1/128",
    "10.1.2.3",
  ])
  for (const text of ["", "host", "10.0.0.1/8", "10.0.0.0/33", "2001:db8::1/64", "::/129", "10.0.0.0/8/8", "10.0.0.0/", "10.0.0.0/-1"])
    expect(read(text), text).toBeUndefined()
})

it("knows a peer's address and who shares it", () => {
  expect(["127.0.0.1:41234", "::1:41234", "[2001:db8::1]:5", "memory:1", "memory"].map(remoteAddress)).toEqual([
    "127.0.0.1",
    "::1",
    "2001:db8::1",
    "memory",
    "",
  ])
  expect(addressGroup("2001:db8::1")).toBe(addressGroup("2001:db8::ffff:0:1%eth0"))
  expect(addressGroup("2001:db8::1")).not.toBe(addressGroup("2001:db8:0:1::1"))
  expect([addressGroup("10.0.0.1"), addressGroup("memory")]).toEqual(["10.0.0.1", "memory"])
})
