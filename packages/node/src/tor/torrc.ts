import { type BridgeLine, bridgeTransport } from "./bridge-line.ts"

export interface TorrcOptions {
  /** Where tor keeps what it learned of its network. */
  readonly dataFolder: string
  readonly cookieFile: string
  /** Unix sockets for SOCKS and control; ports of the loopback that tor chooses, and writes into a file, when there are none here. */
  readonly listen: { readonly socksPath: string; readonly controlPath: string } | { readonly controlPortFile: string }
  readonly ownerPid: number
  readonly bridges: readonly BridgeLine[]
  /** Programs for the transports of bridges, by name. */
  readonly transports: ReadonlyMap<string, string>
  /** More lines, for a private network in tests. */
  readonly extra: readonly string[]
}

/**
 * The configuration of our tor. It is handed over on standard input, and lies in no file.
 * @throws {RangeError} when a path has a line break in it, or a bridge needs a transport for which there is no program.
 */
export function torrc(options: TorrcOptions): string {
  const { listen, bridges, transports } = options
  const sockets =
    "socksPath" in listen
      ? [`SocksPort unix:${quoted(listen.socksPath)} ExtendedErrors`, `ControlPort unix:${quoted(listen.controlPath)}`]
      : ["SocksPort auto ExtendedErrors", "ControlPort auto", `ControlPortWriteToFile ${quoted(listen.controlPortFile)}`]
  const needed = new Set(bridges.map(bridgeTransport).filter((name) => name !== undefined))
  const lines = [
    `DataDirectory ${quoted(options.dataFolder)}`,
    ...sockets,
    "CookieAuthentication 1",
    `CookieAuthFile ${quoted(options.cookieFile)}`,
    `__OwningControllerProcess ${options.ownerPid}`,
    "ClientOnly 1",
    "AvoidDiskWrites 1",
    "DormantCanceledByStartup 1",
    "ShutdownWaitLength 0",
    "SafeLogging 1",
    "Log notice stdout",
    ...(bridges.length === 0 ? [] : ["UseBridges 1"]),
    ...[...needed].map((name) => `ClientTransportPlugin ${name} exec ${oneLine(programOf(name, transports))}`),
    ...bridges.map((line) => `Bridge ${line}`),
    ...options.extra.map(oneLine),
  ]
  return `${lines.join("\n")}\n`
}

function programOf(name: string, transports: ReadonlyMap<string, string>): string {
  const program = transports.get(name)
  if (program === undefined) throw new RangeError(`bridges: no program for the transport ${name}`)
  return program
}

const quoted = (path: string): string => `"${oneLine(path).replaceAll(/["\\]/gu, "\\$&")}"`

function oneLine(text: string): string {
  if (/[\r\n\0]/u.test(text)) throw new RangeError("a line of the configuration has a line break in it")
  return text
}
