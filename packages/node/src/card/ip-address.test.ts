import { BlockList, isIPv4, isIPv6 } from "node:net"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { addressScope, formatHost, formatIpAddress, parseIpAddress } from "./ip-address.ts"

describe("an IP address", () => {
  test("reads back as it was written", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      fc.array(fc.constantFrom(0, 0, 0, 1), { minLength: 16, maxLength: 16 }).map((all) => Uint8Array.from(all)),
    )
    fc.assert(
      fc.property(bytes, (address) => {
        const text = formatIpAddress(address)
        expect(isIPv4(text) || isIPv6(text)).toBe(true)
        expect(parseIpAddress(text)).toEqual(address)
      }),
      { numRuns: 300 },
    )
  })

  test("is what Node takes for one, and nothing else is", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.ipV4(), fc.ipV6(), fc.string({ unit: fc.constantFrom(...Array.from("0123456789abcdefg:.%")), maxLength: 24 })),
        (text) => {
          expect(parseIpAddress(text) !== undefined, text).toBe(isIPv4(text) || isIPv6(text))
        },
      ),
      { numRuns: 2_000 },
    )
  })

  test("has one form, as RFC 5952 says", () => {
    const forms: readonly (readonly [string, string | undefined])[] = [
      ["2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
      ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
      ["0:0:0:0:0:0:0:0", "::"],
      ["::ffff:192.168.1.7", "::ffff:c0a8:107"],
      ["fe80::1%eth0", "fe80::1"],
      ["1::", "1::"],
      ["192.168.01.7", undefined],
      ["1::2::3", undefined],
      ["example.org", undefined],
    ]
    for (const [text, form] of forms) expect(formatHost(text), text).toBe(form)
  })

  test("reaches as far as the RFCs say", () => {
    const private4 = new BlockList()
    for (const [net, bits] of [
      ["10.0.0.0", 8],
      ["172.16.0.0", 12],
      ["192.168.0.0", 16],
      ["100.64.0.0", 10],
    ] as const)
      private4.addSubnet(net, bits)
    fc.assert(
      fc.property(
        fc.oneof(
          fc.ipV4(),
          fc
            .tuple(
              fc.constantFrom("10", "172", "192", "100"),
              fc.constantFrom("15", "16", "31", "32", "63", "64", "127", "128", "168"),
              fc.nat({ max: 255 }),
            )
            .map(([a, b, c]) => `${a}.${b}.${c}.1`),
        ),
        (address) => {
          fc.pre(!address.startsWith("127.") && !address.startsWith("169.254."))
          expect(addressScope(address), address).toBe(private4.check(address) ? "private" : "public")
          expect(addressScope(`::ffff:${address}`)).toBe(addressScope(address))
        },
      ),
      { numRuns: 500 },
    )
    const scopes = [
      "127.0.0.1",
      "127.9.9.9",
      "::1",
      "::ffff:127.0.0.1",
      "169.254.1.1",
      "fe80::1",
      "febf::1%en0",
      "fec0::1",
      "fd12::1",
      "fc00::1",
      "2001:db8::1",
      "::",
      "0.0.0.0",
    ]
    expect(scopes.map(addressScope)).toEqual([
      "loopback",
      "loopback",
      "loopback",
      "loopback",
      "linkLocal",
      "linkLocal",
      "linkLocal",
      "public",
      "private",
      "private",
      "public",
      "public",
      "public",
    ])
    expect(addressScope("localhost")).toBeUndefined()
  })
})
