import { expect, test } from "vitest"
import { forwardedAddress, isLoopback } from "./forwarded.ts"

test.each([
  [{}, undefined],
  [{ "x-forwarded-for": "203.0.113.9" }, "203.0.113.9"],
  [{ "x-forwarded-for": "10.0.0.1, 198.51.100.7 ,203.0.113.9" }, "203.0.113.9"],
  [{ "x-forwarded-for": "203.0.113.9:51000" }, "203.0.113.9"],
  [{ "x-forwarded-for": "2001:db8::1" }, "2001:db8::1"],
  [{ "x-forwarded-for": "[2001:db8::1]:51000" }, "2001:db8::1"],
  [{ "x-forwarded-for": "203.0.113.9, unknown" }, undefined],
  [{ "x-forwarded-for": "203.0.113.9," }, undefined],
  [{ "x-forwarded-for": "fe80::1%eth0" }, undefined],
  [{ "x-forwarded-for": `${"1,".repeat(100_000)}203.0.113.9` }, "203.0.113.9"],
  [{ "x-forwarded-for": "1".repeat(100_000) }, undefined],
  [{ forwarded: "for=192.0.2.60;proto=http;by=203.0.113.43" }, "192.0.2.60"],
  [{ forwarded: 'for=192.0.2.43, proto=https; For="[2001:db8:cafe::17]:4711"' }, "2001:db8:cafe::17"],
  [{ forwarded: "for=192.0.2.43, for=_hidden" }, undefined],
  [{ forwarded: "by=203.0.113.43" }, undefined],
  // A proxy that lists addresses itself passes the other header on as the peer has written it.
  [{ forwarded: "for=192.0.2.60", "x-forwarded-for": "203.0.113.9" }, "203.0.113.9"],
])("%j", (headers, address) => {
  expect(forwardedAddress(headers)).toBe(address)
})

test("addresses of this machine", () => {
  expect(["127.0.0.1", "127.1.2.3", "::1", "128.0.0.1", "::2", "127.evil.example.org"].map(isLoopback)).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
  ])
})
