import { createServer } from "node:http"
import type { IncomingMessage, Server, ServerResponse } from "node:http"
import type { AddressInfo, ListenOptions } from "node:net"
import { getRequestListener } from "@hono/node-server"
import { systemClock } from "../adapters/adapters.ts"
import type { Node } from "../node.ts"
import { PortInUseError } from "../ports.ts"
import type { Api } from "./api.ts"
import { createApi } from "./app.ts"
import { findAsset } from "./assets.ts"
import type { Assets } from "./assets.ts"
import { bodyLimit } from "./body.ts"
import { guard } from "./guard.ts"
import type { GuardedRequest, GuardVerdict } from "./guard.ts"
import { SECURITY_HEADERS } from "./headers.ts"
import { refusalBody } from "./refusals.ts"

export interface StartApiOptions {
  readonly node: Node
  /** On 127.0.0.1; 0 lets the system choose. */
  readonly port: number
  readonly assets: Assets
  /** The secret of this start: at least 16 characters of `A-Z a-z 0-9 - _`. */
  readonly token: string
  readonly onFailure?: (error: unknown) => void
}

/** The API while it runs. Disposing ends every connection. */
export interface RunningApi extends AsyncDisposable {
  /** Opening it is enough to be let in: the token stands behind the `#`, where no server and no log sees it. */
  readonly url: string
  readonly port: number
}

/**
 * Serves the interface and its API on this machine only.
 * @throws {PortInUseError}
 */
export async function startApi({ node, port, assets, token, onFailure }: StartApiOptions): Promise<RunningApi> {
  if (!/^[\w-]{16,}$/.test(token)) throw new RangeError("token: at least 16 characters of A-Z a-z 0-9 - _ expected")
  const stop = new AbortController()
  const api = createApi({ node, clock: systemClock, assets, signal: stop.signal, ...(onFailure === undefined ? {} : { onFailure }) })
  const isPublic = (method: string, path: string): boolean =>
    (method === "GET" || method === "HEAD") && findAsset(assets, path) !== undefined
  let bound = port
  const server = createGuardedServer(api, (request) => guard(request, { port: bound, token, isPublic, bodyLimit }))
  await listen(server, { host: "127.0.0.1", port, exclusive: true })
  bound = (server.address() as AddressInfo).port
  return { url: `http://127.0.0.1:${bound}/#${token}`, port: bound, [Symbol.asyncDispose]: () => close(server, stop) }
}

/** An HTTP server that asks `judge` before anything of a body is read, and puts the security headers on every answer. */
export function createGuardedServer(api: Pick<Api, "fetch">, judge: (request: GuardedRequest) => GuardVerdict): Server {
  const answer = getRequestListener((request, env) => api.fetch(request, env), { overrideGlobalObjects: false })
  const handle = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) outgoing.setHeader(name, value)
    const verdict = judge(describe(incoming))
    if (verdict.ok) {
      // Whoever hangs up in the middle must not end the node.
      Promise.resolve(answer(incoming, outgoing)).catch(() => outgoing.destroy())
      return
    }
    // The body is not read; so the connection cannot go on.
    outgoing.writeHead(verdict.status, { "Content-Type": "application/json", Connection: "close" })
    outgoing.end(refusalBody(verdict))
  }
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 10_000, maxHeaderSize: 16_384 }, handle)
  // Who asks before sending a body is told before sending it.
  server.on("checkContinue", (incoming: IncomingMessage, outgoing: ServerResponse) => {
    if (judge(describe(incoming)).ok) outgoing.writeContinue()
    handle(incoming, outgoing)
  })
  server.maxConnections = 256
  return server
}

function describe(incoming: IncomingMessage): GuardedRequest {
  const hosts = incoming.rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === "host").length
  return { method: incoming.method ?? "GET", path: (incoming.url ?? "/").replace(/[?#].*$/s, ""), headers: incoming.headers, hosts }
}

/** @throws {PortInUseError} */
export async function listen(server: Server, options: ListenOptions): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once("error", reject)
  server.listen(options, resolve)
  try {
    await promise
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE")
      throw new PortInUseError(options.port ?? 0, { cause: error })
    throw error
  } finally {
    server.off("error", reject)
  }
}

/** Ends streams of events, then every connection. */
export async function close(server: Server, stop: AbortController): Promise<void> {
  stop.abort()
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeAllConnections()
  await closed
}
