import { expect, test } from "vitest"
import { parseBridgeLine } from "./bridge-line.ts"
import { type TorrcOptions, torrc } from "./torrc.ts"

const options: TorrcOptions = {
  dataFolder: '/home/anna/my "data"/tor',
  cookieFile: "/run/cookie",
  listen: { socksPath: "/run/socks", controlPath: "/run/control" },
  ownerPid: 42,
  bridges: [],
  transports: new Map(),
  extra: [],
}

test("tor ends with us, keeps no log, and listens on nothing but sockets of ours", () => {
  const lines = torrc(options).split("\n")
  expect(lines).toContain('DataDirectory "/home/anna/my \\"data\\"/tor"')
  expect(lines).toContain("__OwningControllerProcess 42")
  expect(lines.filter((line) => line.includes("Port "))).toEqual([
    'SocksPort unix:"/run/socks" ExtendedErrors',
    'ControlPort unix:"/run/control"',
  ])
  expect(lines.filter((line) => line.startsWith("Log"))).toEqual(["Log notice stdout"])
  expect(lines).not.toContain("UseBridges 1")
})

test("where there are no sockets, tor chooses ports of the loopback", () => {
  const lines = torrc({ ...options, listen: { controlPortFile: "C:\\x\\port" } }).split("\n")
  expect(lines).toContain("SocksPort auto ExtendedErrors")
  expect(lines).toContain('ControlPortWriteToFile "C:\\\\x\\\\port"')
})

test("bridges are used, each transport with its program", () => {
  const bridges = ["192.0.2.1:443", "obfs4 192.0.2.2:443 iat-mode=0", "obfs4 192.0.2.3:443 iat-mode=0"].map(parseBridgeLine)
  const lines = torrc({ ...options, bridges, transports: new Map([["obfs4", "/usr/bin/obfs4proxy"]]) }).split("\n")
  expect(lines.filter((line) => /bridge|transport/iu.test(line))).toEqual([
    "UseBridges 1",
    "ClientTransportPlugin obfs4 exec /usr/bin/obfs4proxy",
    ...bridges.map((line) => `Bridge ${line}`),
  ])
  expect(() => torrc({ ...options, bridges })).toThrow("no program for the transport obfs4")
})

test("no path brings in another option", () => {
  expect(() => torrc({ ...options, dataFolder: "/x\nSocksPort 9050" })).toThrow(RangeError)
  expect(() => torrc({ ...options, extra: ["A 1\nB 2"] })).toThrow(RangeError)
})
