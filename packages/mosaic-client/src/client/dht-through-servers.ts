import {
  type BootstrapDht,
  type BootstrapDhtOptions,
  type BootstrapPutOutcome,
  type BootstrapSelector,
  type PublicKey,
  type SignedBootstrap,
  RESULT,
  compareBootstraps,
} from "@tessera/mosaic"
import type { MosaicConnection } from "../connection/mosaic-connection.ts"
import { DhtRefusedError } from "../errors.ts"

/** Connects to a server, or gives the connection that stands. */
export type ServerReach = (signal: AbortSignal) => Promise<MosaicConnection>

/**
 * The DHT as servers see it, for web pages and whoever must not send to strangers. All servers are asked at the same time and the newest answer counts, so
 * that no single one can hide a newer bootstrap; what they bring is verified.
 *
 * Its puts say 0 nodes: a server that takes a bootstrap over, for its member, puts it and keeps it.
 *
 * Both methods throw the first server's error, such as {@link DhtRefusedError}, when no server gives an answer.
 */
export function dhtThroughServers(servers: readonly [ServerReach, ...ServerReach[]]): BootstrapDht {
  return {
    async lookup(selector, key, { signal }: BootstrapDhtOptions = {}) {
      const found = await askAll(servers, signal, (connection, each) => lookup(connection, selector, key, each))
      return found.reduce(
        (best, item) => (best === undefined || (item !== undefined && item.sequence > best.sequence) ? item : best),
        undefined,
      )
    },
    async put(signed, { signal }: BootstrapDhtOptions = {}) {
      const outcomes = await askAll(servers, signal, (connection, each) => put(connection, signed, each))
      return mostTelling(outcomes)
    },
  }
}

/** The answers of those that gave one. @throws the first error when none did. */
async function askAll<Answer>(
  servers: readonly ServerReach[],
  signal: AbortSignal | undefined,
  ask: (connection: MosaicConnection, signal: AbortSignal) => Promise<Answer>,
): Promise<Answer[]> {
  signal?.throwIfAborted()
  const each = signal ?? new AbortController().signal
  const settled = await Promise.allSettled(servers.map(async (reach) => ask(await reach(each), each)))
  signal?.throwIfAborted()
  const answers = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []))
  const failed = settled.find((one) => one.status === "rejected")
  if (answers.length === 0 && failed !== undefined) throw failed.reason
  return answers
}

async function lookup(
  connection: MosaicConnection,
  selector: BootstrapSelector,
  key: PublicKey,
  signal: AbortSignal,
): Promise<SignedBootstrap | undefined> {
  const { code, signed } = await connection.lookupBootstrap(selector, key, { signal })
  if (code === RESULT.SUCCESS || code === RESULT.NOT_FOUND) return signed
  throw new DhtRefusedError(code)
}

async function put(connection: MosaicConnection, signed: SignedBootstrap, signal: AbortSignal): Promise<BootstrapPutOutcome> {
  const { code } = await connection.putBootstrap(signed, { signal })
  if (code === RESULT.SUCCESS || code === RESULT.ACCEPTED) return { ok: true, nodes: 0 }
  if (code !== RESULT.DUPLICATE && code !== RESULT.INVALID) throw new DhtRefusedError(code)
  // Which one stands in the way?
  const known = await lookup(connection, signed.selector, signed.key, signal)
  const relation = known === undefined ? "newer" : compareBootstraps(signed, known)
  if (known !== undefined && (relation === "older" || relation === "conflict")) return { ok: false, reason: relation, known }
  return { ok: false, reason: "refused" }
}

/** What is known to be newer counts most, even where other servers took what is older: they will learn of it. */
function mostTelling(outcomes: readonly BootstrapPutOutcome[]): BootstrapPutOutcome {
  const inTheWay = outcomes.find((outcome) => !outcome.ok && outcome.reason !== "refused")
  return inTheWay ?? outcomes.find(({ ok }) => ok) ?? { ok: false, reason: "refused" }
}
