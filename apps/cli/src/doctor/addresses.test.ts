import { expect, test } from "vitest"
import { type Address, dialled, formatAddress } from "./addresses.ts"

test("what strangers name does not lead into our own network, not even as one address of many", () => {
  const addresses: readonly Address[] = [
    { host: "127.0.0.1", family: 4 },
    { host: "8.8.4.4", family: 4 },
    { host: "192.168.1.1", family: 4 },
    { host: "::1", family: 6 },
    { host: "fe80::1", family: 6 },
    { host: "2600::1", family: 6 },
  ]
  expect(dialled(addresses, true).map(({ host }) => host)).toEqual(["8.8.4.4", "2600::1"])
  expect(dialled(addresses, false)).toEqual(addresses)
  expect(addresses.slice(4).map((address) => formatAddress(address, 1320))).toEqual(["[fe80::1]:1320", "[2600::1]:1320"])
})
