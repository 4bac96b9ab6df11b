import { type MosaicUrl, equalBytes, formatMosaicUrl, formatServerKey, type PublicKey, type SecretKey, urlReach } from "@tessera/mosaic"
import { connect, type MosaicConnection } from "@tessera/mosaic-client"
import { dialTcp } from "@tessera/mosaic-client/tcp"
import { dialWebSocket } from "@tessera/mosaic-client/websocket"
import { type Address, addressesOf, dialled, formatAddress, isLocal } from "./addresses.ts"
import { judgeCertificate, keyOfCertificate } from "./certificate.ts"
import type { Finding, Findings } from "./finding.ts"
import { probeTcp } from "./probe-tcp.ts"
import { APPLICATIONS, probeAsPage, probeHeaders } from "./probe-websocket.ts"
import type { Unreached } from "./reach.ts"

/** A URL at which a server proved its key. */
export interface Endpoint {
  readonly url: MosaicUrl
  readonly serverKey: PublicKey
  /** What the headers of a WebSocket said. */
  readonly serviceUrl: string | undefined
  /** A connection that has said Hello, anonymous or with a key proved. @throws what dialling throws. */
  open(as?: SecretKey): Promise<MosaicConnection>
}

/** How URLs are looked at. */
export interface EndpointOptions {
  /** The key that the server should prove; whichever it proves when not given. */
  readonly expected?: PublicKey | undefined
  /** The URL was named by somebody else than the person who asks: addresses of this machine and its network are not dialled. */
  readonly isForeign?: boolean
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** Looks at each address behind a URL. Returns it as an endpoint when the right server answered at one of them. */
export async function* examineEndpoint(url: MosaicUrl, options: EndpointOptions): Findings<Endpoint | undefined> {
  const about = formatMosaicUrl(url)
  if (url.scheme === "mosaic") {
    yield { about, judgement: "unknown", code: "quic-unseen", text: "QUIC is not looked at." }
    return undefined
  }
  const reach = urlReach(url)
  if (reach === "onion") {
    yield { about, judgement: "unknown", code: "onion-unseen", text: "Only Tor reaches it: not looked at." }
    return undefined
  }
  const isForeign = options.isForeign === true
  const addresses = await addressesOf(url)
  if (addresses.length === 0) {
    yield {
      about,
      judgement: "wrong",
      code: "name-unknown",
      text: `There is no address for ${url.host}.`,
      advice: "Look for a slip in the name, and at its DNS records.",
    }
    return undefined
  }
  if (addresses.every(isLocal)) {
    yield {
      about,
      judgement: isForeign ? "wrong" : "note",
      code: "local-address",
      text: `It can be reached from its own network or machine alone${isForeign ? ": not dialled" : ""}.`,
      advice: "Servers for others need an address that the whole Internet reaches.",
    }
  }
  const found: Endpoint[] = []
  for (const address of dialled(addresses, isForeign)) {
    options.signal.throwIfAborted()
    const endpoint = url.scheme === "mosaictcp" ? yield* examineTcp(url, address, options) : yield* examineWebSocket(url, address, options)
    if (endpoint !== undefined) found.push(endpoint)
  }
  return found[0]
}

async function* examineTcp(url: MosaicUrl, address: Address, options: EndpointOptions): Findings<Endpoint | undefined> {
  const about = nameOf(url, address)
  const probe = await probeTcp(url, address, options.timeoutMs)
  if (!probe.reached) {
    yield failure(about, address, probe)
    return undefined
  }
  const { tls, milliseconds } = probe
  yield reached(about, address, `${tls.version} stands`, milliseconds, { tls: tls.version })
  const key = keyOfCertificate(tls.certificate)
  yield* judgeCertificate(url, about, tls, key, Date.now())
  if (key === undefined) return undefined
  const wrong = judgeKey(about, key, options.expected)
  if (wrong !== undefined) {
    yield wrong
    return undefined
  }
  const { signal, timeoutMs } = options
  const dial = (clientKey?: SecretKey) =>
    dialTcp({ host: address.host, port: url.port, serverKey: key, signal, timeoutMs, ...(clientKey !== undefined && { clientKey }) })
  const open = async (as?: SecretKey): Promise<MosaicConnection> => connect(await dial(as), { applications: APPLICATIONS, signal })
  return yield* greet(about, { url, serverKey: key, serviceUrl: undefined, open })
}

async function* examineWebSocket(url: MosaicUrl, address: Address, options: EndpointOptions): Findings<Endpoint | undefined> {
  const about = nameOf(url, address)
  const { signal, timeoutMs } = options
  const probe = await probeHeaders(url, address, timeoutMs)
  if (!probe.reached) {
    yield failure(about, address, probe)
    return undefined
  }
  const { tls, ack, fault, milliseconds } = probe
  yield reached(about, address, `the WebSocket stands (${tls.version})`, milliseconds, { tls: tls.version })
  const page = await probeAsPage(url, address, timeoutMs)
  const candidates = [options.expected, page.reached ? page.key : undefined, keyOfCertificate(tls.certificate)]
  const key = candidates.find((each) => each !== undefined && probe.proves(each)) ?? (page.reached ? page.key : undefined)
  yield* judgeCertificate(url, about, tls, key, Date.now())
  if (ack === undefined) {
    yield {
      about,
      judgement: "wrong",
      code: "headers-not-mosaic",
      text: `The headers of its answer are no Hello Ack: ${fault ?? "unknown"}.`,
      advice: "A proxy may have dropped the X-Mosaic headers.",
    }
  }
  const isForPages = tls.isOfAuthority && page.reached
  yield page.reached
    ? {
        about,
        judgement: isForPages ? "well" : "note",
        code: isForPages ? "pages-served" : "pages-certificate",
        text: isForPages ? "Web pages are served." : "It would serve web pages, but browsers refuse the certificate.",
      }
    : { about, judgement: "note", code: "pages-unserved", text: `Web pages cannot use it: ${page.reason}.` }
  if (key === undefined) {
    yield {
      about,
      judgement: "wrong",
      code: "key-unproved",
      text: `The server does not prove ${options.expected === undefined ? "any key" : "the key that it should have"}.`,
      advice: "Do not use it: it may be somebody else's.",
    }
    return undefined
  }
  const wrong = judgeKey(about, key, options.expected)
  if (wrong !== undefined) {
    yield wrong
    return undefined
  }
  yield {
    about,
    judgement: "well",
    code: "key-proved",
    text: `The server proves the key ${formatServerKey(key)}.`,
    facts: { key: formatServerKey(key) },
  }
  if (ack !== undefined && !probe.proves(key)) {
    yield {
      about,
      judgement: "wrong",
      code: "headers-unproved",
      text: "It proves its key to web pages, and not in the headers that programs read.",
    }
  }
  const host = url.hostType === "ipv6" ? `[${url.host}]` : url.host
  const dial = (clientKey?: SecretKey) =>
    dialWebSocket({
      url: `wss://${host}:${url.port}/`,
      serverKey: key,
      signal,
      timeoutMs,
      applications: APPLICATIONS,
      ...(clientKey !== undefined && { clientKey }),
    })
  const open = async (as?: SecretKey): Promise<MosaicConnection> => connect(await dial(as), { signal })
  return yield* greet(about, { url, serverKey: key, serviceUrl: ack?.serviceUrl, open })
}

/** Says Hello as clients do, and tells what is granted. */
async function* greet(about: string, endpoint: Endpoint): Findings<Endpoint | undefined> {
  try {
    await using connection = await endpoint.open()
    const { applications } = connection
    yield {
      about,
      judgement: "well",
      code: "hello",
      text: `Hello is answered; granted: ${applications.map(applicationName).join(", ") || "no application"}.`,
      facts: { applications },
    }
    return endpoint
  } catch (error) {
    yield {
      about,
      judgement: "wrong",
      code: "hello-unanswered",
      text: `It speaks no Mosaic with us: ${error instanceof Error ? error.message : String(error)}.`,
    }
    return undefined
  }
}

function judgeKey(about: string, key: PublicKey, expected: PublicKey | undefined): Finding | undefined {
  if (expected === undefined || equalBytes(key, expected)) return undefined
  return {
    about,
    judgement: "wrong",
    code: "wrong-key",
    text: `Another server answers there: it proves ${formatServerKey(key)}, not ${formatServerKey(expected)}.`,
    advice: "Do not send anything there. Ask whoever runs the server whether its key has changed.",
    facts: { key: formatServerKey(key), expected: formatServerKey(expected) },
  }
}

function failure(about: string, address: Address, { reason, isOurs }: Unreached): Finding {
  return isOurs
    ? {
        about,
        judgement: "unknown",
        code: "no-way-from-here",
        text: `This machine has no IPv${address.family}: not looked at.`,
        facts: { family: address.family },
      }
    : {
        about,
        judgement: "wrong",
        code: "unreached",
        text: `It cannot be reached: ${reason}.`,
        advice: "Look whether the server runs, listens at this address, and lets this port through its firewall.",
        facts: { family: address.family },
      }
}

function reached(
  about: string,
  { family }: Address,
  what: string,
  milliseconds: number,
  facts: Readonly<Record<string, unknown>>,
): Finding {
  const rounded = Math.round(milliseconds)
  return {
    about,
    judgement: "well",
    code: "reached",
    text: `Reached over IPv${family}: ${what} after ${rounded} ms.`,
    facts: { family, milliseconds: rounded, ...facts },
  }
}

/** A URL, with the address behind its name. */
const nameOf = (url: MosaicUrl, address: Address): string =>
  url.hostType === "dns" ? `${formatMosaicUrl(url)} (${formatAddress(address, url.port)})` : formatMosaicUrl(url)

const APPLICATION_NAMES: ReadonlyMap<number, string> = new Map([
  [0, "Mosaic Core"],
  [1, "Social Media"],
  [99, "Examples"],
  [0x7006_8b0c, "Tessera"],
])
const applicationName = (id: number): string => APPLICATION_NAMES.get(id) ?? String(id)
