import {
  type BootstrapDht,
  type BootstrapSelector,
  type BootstrapServer,
  formatMosaicUrl,
  type MosaicUrl,
  type PublicKey,
  readBootstrap,
  SERVER_USAGE,
  type SignedBootstrap,
  urlReach,
  USED_SERVERS,
} from "@tessera/mosaic"
import { DhtUnreachableError } from "@tessera/mosaic-client/dht"
import { count, type Findings } from "./finding.ts"

const about = "bootstrap"

/** Looks a server's bootstrap up, and compares it with the URLs that were given. Returns what it lists. */
export async function* examineServerBootstrap(
  dht: BootstrapDht,
  key: PublicKey,
  given: readonly MosaicUrl[],
  signal: AbortSignal,
): Findings<readonly MosaicUrl[]> {
  const signed = yield* lookUp(dht, "server", key, signal)
  const bootstrap = signed === undefined ? undefined : readBootstrap(signed.text).bootstrap
  if (bootstrap?.type !== "server") return []
  const { urls } = bootstrap
  const listed = urls.map(formatMosaicUrl)
  yield {
    about,
    judgement: urls.length === 0 ? "wrong" : "well",
    code: urls.length === 0 ? "bootstrap-empty" : "bootstrap",
    text: `In the DHT it lists ${count(urls.length, "URL")}${urls.length === 0 ? "" : `: ${listed.join(", ")}`}.`,
    facts: { urls: listed, sequence: String(signed?.sequence ?? 0n) },
  }
  for (const url of given.map(formatMosaicUrl)) {
    if (listed.includes(url)) yield { about, judgement: "well", code: "bootstrap-matches", text: `${url} is among them.` }
    else
      yield {
        about,
        judgement: "wrong",
        code: "bootstrap-differs",
        text: `${url} is not among them: who looks the server up does not come there.`,
        advice: "Publish a bootstrap with all URLs, those preferred first.",
      }
  }
  if (urls.length > 0 && !urls.some(({ scheme }) => scheme === "mosaicwss")) {
    yield {
      about,
      judgement: "wrong",
      code: "bootstrap-no-websocket",
      text: "None of them is mosaicwss: every server must announce one, or people in browsers cannot come.",
      advice: "Listen on a mosaicwss URL as well, and announce it.",
    }
  }
  const hidden = urls.filter((url) => urlReach(url) === "local").map(formatMosaicUrl)
  if (hidden.length > 0) {
    yield {
      about,
      judgement: "wrong",
      code: "bootstrap-local",
      text: `Nobody outside of the server's own network can reach ${hidden.join(", ")}.`,
      advice: "Announce only what the whole Internet reaches.",
    }
  }
  return urls
}

/** Looks a person's bootstrap up. Returns the servers that it lists; undefined when there is none. */
export async function* examineUserBootstrap(
  dht: BootstrapDht,
  key: PublicKey,
  signal: AbortSignal,
): Findings<readonly BootstrapServer[] | undefined> {
  const signed = yield* lookUp(dht, "user", key, signal)
  const bootstrap = signed === undefined ? undefined : readBootstrap(signed.text).bootstrap
  if (bootstrap?.type !== "user") return undefined
  const { servers } = bootstrap
  const of = (role: keyof typeof SERVER_USAGE): number => servers.filter(({ usage }) => (usage & SERVER_USAGE[role]) !== 0).length
  const numbers = { outbox: of("outbox"), inbox: of("inbox"), encryption: of("encryption") }
  yield {
    about,
    judgement: "well",
    code: "bootstrap",
    text: `In the DHT they list ${count(servers.length, "server")}: ${numbers.outbox} as outbox, ${numbers.inbox} as inbox, ${numbers.encryption} for encryption.`,
    facts: { ...numbers, sequence: String(signed?.sequence ?? 0n) },
  }
  for (const role of ["outbox", "inbox"] as const) {
    if (numbers[role] === 0)
      yield {
        about,
        judgement: "wrong",
        code: `bootstrap-no-${role}`,
        text: `No ${role} is listed: ${role === "outbox" ? "nobody can read them" : "nobody can write to them"}.`,
        advice: `List at least one ${role}.`,
      }
  }
  if (numbers.encryption === 0)
    yield {
      about,
      judgement: "note",
      code: "bootstrap-no-encryption",
      text: "No encryption server is listed: nobody can send them anything encrypted.",
    }
  for (const role of ["outbox", "inbox", "encryption"] as const) {
    if (numbers[role] > USED_SERVERS)
      yield {
        about,
        judgement: "note",
        code: "bootstrap-many",
        text: `${numbers[role]} servers are listed for ${role}: software need not use more than the first ${USED_SERVERS}.`,
      }
  }
  return servers
}

async function* lookUp(
  dht: BootstrapDht,
  selector: BootstrapSelector,
  key: PublicKey,
  signal: AbortSignal,
): Findings<SignedBootstrap | undefined> {
  let signed: SignedBootstrap | undefined
  try {
    signed = await dht.lookup(selector, key, { signal })
  } catch (error) {
    if (!(error instanceof DhtUnreachableError)) throw error
    yield { about, judgement: "unknown", code: "dht-unreached", text: `Nothing is known of the bootstrap: ${error.message}.` }
    return undefined
  }
  if (signed === undefined) {
    yield {
      about,
      judgement: "wrong",
      code: "bootstrap-missing",
      text: "There is no bootstrap in the DHT.",
      advice: "Publish one, and again every hour: the DHT forgets after two.",
    }
    return undefined
  }
  // Those of no line are roles without a server, told below in other words.
  for (const { line, reason } of readBootstrap(signed.text).faults.filter((fault) => fault.line > 0))
    yield { about, judgement: "wrong", code: "bootstrap-line", text: `Line ${line} of the bootstrap cannot be read: ${reason}.` }
  return signed
}
