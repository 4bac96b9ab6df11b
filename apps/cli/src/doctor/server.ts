import {
  type BootstrapDht,
  DecodeError,
  equalBytes,
  formatMosaicUrl,
  formatServerKey,
  type MosaicUrl,
  type PublicKey,
  publicKeyOf,
  readService,
  type SecretKey,
  SERVICE,
  VerifyError,
} from "@tessera/mosaic"
import { ConnectionClosedError, type MosaicConnection, QueryRefusedError, RequestTimeoutError } from "@tessera/mosaic-client"
import { examineServerBootstrap } from "./bootstrap.ts"
import { judgeClock, measureSkew, type Skew } from "./clock.ts"
import { type Endpoint, examineEndpoint } from "./endpoint.ts"
import { judgeExposure, whatIsShown } from "./exposure.ts"
import type { Findings } from "./finding.ts"
import { skewByHttp } from "./http-date.ts"
import { nobody } from "./passing-record.ts"
import { examineRoles, type SeenRoles } from "./roles.ts"

const PINGS = 5

/** How to look. */
export interface ExamineOptions {
  /** Where bootstraps are looked up; not at all when not given. */
  readonly dht?: BootstrapDht | undefined
  /** A member in whose name is asked what the server does and knows. */
  readonly member?: PublicKey | undefined
  /** The member's secret key. */
  readonly as?: SecretKey | undefined
  /** Addresses of this machine and its network are dialled although others named them. */
  readonly allowLocal?: boolean
  /** How long an address may take, in milliseconds. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** Looks at a server from outside, by its URLs or its key. What breaks in the middle is a finding too. */
export async function* examineServer(
  { urls, key }: { readonly urls: readonly MosaicUrl[]; readonly key?: PublicKey | undefined },
  options: ExamineOptions,
): Findings {
  const { dht, signal } = options
  const endpoints: Endpoint[] = []
  const looked = new Set(urls.map(formatMosaicUrl))
  for (const url of urls) endpoints.push(...some(yield* examineEndpoint(url, { ...options, expected: key ?? endpoints[0]?.serverKey })))
  const serverKey = key ?? endpoints[0]?.serverKey
  if (serverKey !== undefined && dht !== undefined) {
    for (const url of yield* examineServerBootstrap(dht, serverKey, urls, signal)) {
      if (looked.has(formatMosaicUrl(url))) continue
      looked.add(formatMosaicUrl(url))
      endpoints.push(...some(yield* examineEndpoint(url, { ...options, expected: serverKey, isForeign: options.allowLocal !== true })))
    }
  } else if (serverKey !== undefined) {
    yield {
      about: "bootstrap",
      judgement: "unknown",
      code: "dht-unasked",
      text: "The DHT was not asked (--dht): whether others find the server there is not known.",
    }
  }
  const [endpoint] = endpoints
  if (endpoint === undefined) {
    yield {
      about: "server",
      judgement: "wrong",
      code: "unusable",
      text: `The server${serverKey === undefined ? "" : ` ${formatServerKey(serverKey)}`} was not reached as Mosaic anywhere.`,
    }
    return
  }
  if (!endpoints.some(({ url }) => url.scheme === "mosaicwss"))
    yield {
      about: "server",
      judgement: "note",
      code: "no-websocket",
      text: "No mosaicwss URL of it was reached: people in browsers cannot use it.",
    }
  try {
    yield* examineService(endpoint, options)
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof ConnectionClosedError || error instanceof RequestTimeoutError || error instanceof QueryRefusedError)) throw error
    yield { about: "server", judgement: "wrong", code: "broke-off", text: `It broke off: ${error.message}.` }
  }
}

/** What it does, for whom. */
async function* examineService(endpoint: Endpoint, options: ExamineOptions): Findings {
  const { as } = options
  const member = options.member ?? (as === undefined ? undefined : publicKeyOf(as))
  await using connection = await endpoint.open()
  yield* examineRoundTrip(connection)
  yield* examineServiceUrl(connection, endpoint)
  await using asMember = as === undefined ? undefined : await endpoint.open(as)
  const mine = as === undefined || asMember === undefined ? undefined : { connection: asMember, secret: as }
  const roles = yield* examineRoles({ connection, member, asMember: mine })
  yield* examineClock(endpoint, connection, mine, roles, options.timeoutMs)
  if (member === undefined) return
  const stranger = await whatIsShown(connection, member)
  yield* judgeExposure(member, stranger, asMember === undefined ? undefined : await whatIsShown(asMember, member))
}

async function* examineRoundTrip(connection: MosaicConnection): Findings {
  const times: number[] = []
  for (let index = 0; index < PINGS; index += 1) {
    const start = performance.now()
    await connection.ping()
    times.push(performance.now() - start)
  }
  const middle = times.toSorted((a, b) => a - b)[PINGS >> 1] ?? 0
  const text = `A question is answered within ${middle < 10 ? middle.toFixed(1) : Math.round(middle)} ms.`
  yield { about: "server", judgement: middle > 2_000 ? "note" : "well", code: "round-trip", text, facts: { milliseconds: middle } }
}

/** Where people settle their relationship with the server: in the headers of a WebSocket, or a record of the server's own. */
async function* examineServiceUrl(connection: MosaicConnection, { serverKey, serviceUrl }: Endpoint): Findings {
  let published: string | undefined
  for await (const record of connection.query({ authors: [serverKey], kinds: [SERVICE] }, { limit: 1 })) {
    try {
      if (equalBytes(record.author, serverKey)) published = readService(record)
    } catch (error) {
      if (!(error instanceof VerifyError || error instanceof DecodeError)) throw error
      yield { about: "server", judgement: "wrong", code: "service-unreadable", text: `Its service record cannot be read: ${error.reason}.` }
    }
  }
  const url = serviceUrl ?? published
  if (url !== undefined)
    yield { about: "server", judgement: "note", code: "service-url", text: `Its owner's page about the service: ${url}`, facts: { url } }
}

async function* examineClock(
  endpoint: Endpoint,
  connection: MosaicConnection,
  mine: { readonly connection: MosaicConnection; readonly secret: SecretKey } | undefined,
  { isOpen, isOutbox }: SeenRoles,
  timeoutMs: number,
): Findings {
  let skew: Skew | undefined
  if (isOpen) skew = await measureSkew(connection, nobody(), "everybody")
  else if (mine !== undefined && isOutbox === true) skew = await measureSkew(mine.connection, mine.secret, "author")
  if (skew !== undefined) return yield* judgeClock(skew, "passing", "")
  if (endpoint.url.scheme === "mosaicwss") skew = await skewByHttp(endpoint.url, timeoutMs)
  yield* judgeClock(skew, "date", "it takes no passing record of ours, and names no time itself; with --as FILE of a member it can be")
}

const some = <Item>(item: Item | undefined): Item[] => (item === undefined ? [] : [item])
