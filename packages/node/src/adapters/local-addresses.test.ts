import { networkInterfaces } from "node:os"
import { expect, test } from "vitest"
import { parseIpAddress } from "../card/ip-address.ts"
import { rankLocalAddresses } from "./local-addresses.ts"

const outside = (address: string): { address: string; internal: boolean } => ({ address, internal: false })

test("private networks come first, those that only exist inside the machine last; loopback and link-local addresses are left out", () => {
  const ranked = rankLocalAddresses({
    lo: [
      { address: "127.0.0.1", internal: true },
      { address: "::1", internal: true },
    ],
    docker0: [outside("172.17.0.1")],
    eth0: [outside("203.0.113.9"), outside("2001:db8::9"), outside("fe80::1%eth0"), outside("169.254.3.4")],
    wlan0: [outside("192.168.1.7"), outside("fd00:0:0:0::7"), outside("192.168.1.7")],
    odd: undefined,
  })
  expect(ranked).toEqual(["192.168.1.7", "fd00::7", "203.0.113.9", "2001:db8::9", "172.17.0.1"])
})

test("what this machine says of itself can be read", () => {
  for (const address of rankLocalAddresses(networkInterfaces())) expect(parseIpAddress(address)).toBeDefined()
})
