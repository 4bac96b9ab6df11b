import {
  type BootstrapServer,
  formatMosaicUrl,
  formatServerKey,
  type MosaicUrl,
  type PublicKey,
  readBootstrap,
  SERVER_USAGE,
  type BootstrapDht,
} from "@tessera/mosaic"
import { ConnectionClosedError, QueryRefusedError, RequestTimeoutError } from "@tessera/mosaic-client"
import { DhtUnreachableError } from "@tessera/mosaic-client/dht"
import { examineUserBootstrap } from "./bootstrap.ts"
import { type Endpoint, examineEndpoint } from "./endpoint.ts"
import type { Findings } from "./finding.ts"
import { judgeAgreement, judgeKeySchedule, type PersonRecords, readPerson } from "./person-records.ts"
import { examineRoles } from "./roles.ts"
import type { ExamineOptions } from "./server.ts"

/** Servers of one person that are looked at. */
const MOST_SERVERS = 16

interface Examined {
  readonly about: string
  readonly isOutbox: boolean
  readonly records: PersonRecords
}

/** Looks at a person as others find them: their servers as their bootstrap lists them, or those given, what each has, and whether they agree. */
export async function* examinePerson(
  { key, urls }: { readonly key: PublicKey; readonly urls: readonly MosaicUrl[] },
  options: ExamineOptions,
): Findings {
  const { dht, signal, allowLocal } = options
  const examined: Examined[] = []
  for (const url of urls) {
    const endpoint = yield* examineEndpoint(url, options)
    if (endpoint !== undefined) examined.push(...(yield* examineAt(endpoint, key, undefined, signal)))
  }
  if (dht === undefined) {
    yield {
      about: "bootstrap",
      judgement: "unknown",
      code: "dht-unasked",
      text: "The DHT was not asked (--dht): which servers others find there is not known.",
    }
  } else {
    const servers = (yield* examineUserBootstrap(dht, key, signal)) ?? []
    for (const server of servers.slice(0, MOST_SERVERS)) {
      const endpoint = yield* findServer(dht, server, { ...options, isForeign: allowLocal !== true })
      if (endpoint !== undefined) examined.push(...(yield* examineAt(endpoint, key, server, signal)))
    }
  }
  yield* judgeAgreement(examined)
}

/** The first URL of a server at which it is reached. */
async function* findServer(
  dht: BootstrapDht,
  { serverKey, usage }: BootstrapServer,
  options: ExamineOptions & { readonly isForeign: boolean },
): Findings<Endpoint | undefined> {
  const about = formatServerKey(serverKey)
  let urls: readonly MosaicUrl[] = []
  try {
    const signed = await dht.lookup("server", serverKey, { signal: options.signal })
    const bootstrap = signed === undefined ? undefined : readBootstrap(signed.text).bootstrap
    urls = bootstrap?.type === "server" ? bootstrap.urls : []
  } catch (error) {
    if (!(error instanceof DhtUnreachableError)) throw error
  }
  if (urls.length === 0) {
    yield {
      about,
      judgement: "wrong",
      code: "server-unfound",
      text: `Their ${rolesOf(usage)} server has no bootstrap in the DHT: nobody finds it.`,
      advice: "Ask whoever runs it, or use another.",
    }
    return undefined
  }
  yield {
    about,
    judgement: "well",
    code: "server-found",
    text: `Their ${rolesOf(usage)} server is at ${urls.map(formatMosaicUrl).join(", ")}.`,
  }
  let found: Endpoint | undefined
  for (const url of urls) found ??= yield* examineEndpoint(url, { ...options, expected: serverKey })
  if (found === undefined)
    yield {
      about,
      judgement: "wrong",
      code: "server-unreached",
      text: "It was not reached at any of its URLs.",
      advice: "Look again later; if it stays away, use another.",
    }
  return found
}

async function* examineAt(
  endpoint: Endpoint,
  person: PublicKey,
  listed: BootstrapServer | undefined,
  signal: AbortSignal,
): Findings<readonly Examined[]> {
  const about = formatServerKey(endpoint.serverKey)
  const isOutbox = listed === undefined || (listed.usage & SERVER_USAGE.outbox) !== 0
  try {
    await using connection = await endpoint.open()
    const roles = yield* examineRoles({ connection, member: person })
    if (!roles.isOpen && listed !== undefined) {
      const isAsked = { inbox: roles.isInbox, encryption: roles.isEncryption }
      for (const role of ["inbox", "encryption"] as const) {
        if ((listed.usage & SERVER_USAGE[role]) !== 0 && isAsked[role] === false)
          yield {
            about,
            judgement: "note",
            code: "role-not-seen",
            text: `It is listed as ${role}, and took no passing record for them: it moderates, or serves them no more.`,
            advice: "Ask whoever runs it.",
          }
      }
    }
    const records = await readPerson(connection, person)
    yield judgeKeySchedule(about, records, isOutbox)
    return [{ about, isOutbox, records }]
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof ConnectionClosedError || error instanceof RequestTimeoutError || error instanceof QueryRefusedError)) throw error
    yield { about, judgement: "wrong", code: "broke-off", text: `It broke off: ${error.message}.` }
    return []
  }
}

function rolesOf(usage: number): string {
  const roles = (["outbox", "inbox", "encryption"] as const).filter((role) => (usage & SERVER_USAGE[role]) !== 0)
  return roles.join(" and ")
}
