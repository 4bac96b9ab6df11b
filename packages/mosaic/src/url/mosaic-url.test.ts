import * as fc from "fast-check"
import { expect, test } from "vitest"
import vectorText from "../../../../vectors/bootstraps.json?raw"
import { growthExponent } from "../../test/growth.ts"
import { feedHostileInput } from "../../test/hostile.ts"
import { encodeUtf8 } from "../bytes.ts"
import { parseUrlHost } from "./host.ts"
import { formatIpv6, parseIpv6 } from "./ipv6.ts"
import { type MosaicUrl, formatMosaicUrl, isMosaicUrl, parseMosaicUrl } from "./mosaic-url.ts"
import { urlReach } from "./reach.ts"

const { urls } = JSON.parse(vectorText) as { readonly urls: readonly { readonly url: string; readonly canonical: string | null }[] }

test.each(urls)("bootstraps.json: $url", ({ url, canonical }) => {
  expect(isMosaicUrl(url)).toBe(canonical !== null)
  if (canonical === null) expect(() => parseMosaicUrl(url)).toThrow(expect.objectContaining({ name: "DecodeError" }))
  else expect(formatMosaicUrl(parseMosaicUrl(url))).toBe(canonical)
})

test("the parts are those that a socket wants", () => {
  expect(parseMosaicUrl("mosaicwss://[2001:db8::0001]")).toEqual({ scheme: "mosaicwss", host: "2001:db8::1", hostType: "ipv6", port: 443 })
  expect(parseMosaicUrl("mosaic://Example.org/")).toEqual({ scheme: "mosaic", host: "example.org", hostType: "dns", port: 1320 })
})

test("a fault says where it is", () => {
  const offsetOf = (text: string): unknown => {
    try {
      return parseMosaicUrl(text)
    } catch (error) {
      return (error as { offset?: number }).offset
    }
  }
  expect(offsetOf("mosaictcp://a:99999")).toBe(14)
  expect(offsetOf("mosaictcp://u@a:99999")).toBe(16)
  expect(offsetOf("mosaictcp://u@a_b")).toBe(14)
  expect(offsetOf("mosaictcp://example.org/x")).toBe(23)
})

const label = fc.stringMatching(/^[a-z](?:[a-z0-9-]{0,10}[a-z0-9])?$/u)
const groups = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })), { minLength: 8, maxLength: 8 })
const host = fc.oneof(
  fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join(".")),
  fc.ipV4(),
  groups.map((value) => `[${formatIpv6(value)}]`),
)
const url: fc.Arbitrary<MosaicUrl> = fc
  .record({ scheme: fc.constantFrom("mosaic", "mosaictcp", "mosaicwss"), host, port: fc.integer({ min: 1, max: 65_535 }) })
  .map(({ host: text, ...rest }) => {
    const { type: hostType, text: canonical } = parseUrlHost(text)
    return { ...rest, host: canonical, hostType }
  })
  .filter(({ scheme, hostType }) => scheme !== "mosaic" || hostType !== "onion")

test("a URL reads back as it was printed", () => {
  fc.assert(
    fc.property(url, (value) => {
      expect(parseMosaicUrl(formatMosaicUrl(value))).toEqual(value)
    }),
  )
})

test("an IPv6 address reads back, whatever its zeros", () => {
  fc.assert(
    fc.property(groups, (value) => {
      expect(parseIpv6(formatIpv6(value))).toEqual(value)
      expect(parseIpv6(value.map((group) => group.toString(16).padStart(4, "0")).join(":"))).toEqual(value)
    }),
  )
})

test.each([
  [
    "public",
    ["203.0.113.1", "8.8.8.8", "100.128.0.1", "172.32.0.1", "[2001:db8::1]", "[::ffff:8.8.8.8]", "example.org", "notlocal.example"],
  ],
  [
    "local",
    [
      "0.0.0.0",
      "10.0.0.1",
      "127.0.0.1",
      "100.64.0.1",
      "169.254.1.1",
      "172.16.0.1",
      "172.31.255.255",
      "192.168.1.1",
      "224.0.0.1",
      "255.255.255.255",
    ],
  ],
  [
    "local",
    ["[::]", "[::1]", "[fe80::1]", "[fd00::1]", "[ff02::1]", "[::ffff:10.0.0.1]", "localhost", "printer.local", "nas", "a.home.arpa"],
  ],
  ["onion", ["example.onion", "www.example.onion"]],
] as const)("%s is the reach of %s", (reach, hosts) => {
  for (const text of hosts) expect([text, urlReach(parseMosaicUrl(`mosaictcp://${text}`))]).toEqual([text, reach])
})

test("URLs from strangers are refused cleanly or read, in linear time", () => {
  const valid = urls.map((vector) => encodeUtf8(vector.url))
  const parse = (bytes: Uint8Array): void => {
    const read = parseMosaicUrl(String.fromCharCode(...bytes))
    if (formatMosaicUrl(parseMosaicUrl(formatMosaicUrl(read))) !== formatMosaicUrl(read)) throw new TypeError("does not read back")
  }
  expect(feedHostileInput(parse, valid)).toBeGreaterThan(1000)
  for (const part of ["@", ":", "a.", "[", "/", "1:", "?"]) {
    const read = (text: string): boolean => isMosaicUrl(text)
    expect(growthExponent(60, (size) => `mosaictcp://${part.repeat(Math.floor(size / part.length))}`, read)).toBeLessThan(1.6)
  }
  expect(isMosaicUrl(`mosaictcp://${"a".repeat(10_000_000)}`)).toBe(false)
})
