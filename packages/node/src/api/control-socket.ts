import { chmod, rm } from "node:fs/promises"
import { systemClock } from "../adapters/adapters.ts"
import type { Node } from "../node.ts"
import type { Api } from "./api.ts"
import { createApi } from "./app.ts"
import { bodyLimit } from "./body.ts"
import { guardBody } from "./guard.ts"
import type { GuardedRequest, GuardVerdict } from "./guard.ts"
import { close, createGuardedServer, listen } from "./start-api.ts"

export interface ControlSocketOptions {
  readonly node: Node
  /** A path in the data folder, or a named pipe on Windows. Only who holds the folder's lock may pass it: a socket left over from a crash is replaced. */
  readonly path: string
  /** The page's address, for a second start that only opens the page again; whoever may open the socket may be in. */
  readonly pageUrl?: string
  readonly onFailure?: (error: unknown) => void
}

/** Where the control socket, and nothing else, tells the page's address: `{ url }`. */
export const PAGE_PATH = "/api/page"

/**
 * The same API for the command line, over a socket that only the person's own account can open; it needs no token.
 * Pages cannot reach a socket of this sort; a request that comes from a page all the same is refused.
 */
export async function startControlSocket({ node, path, pageUrl, onFailure }: ControlSocketOptions): Promise<AsyncDisposable> {
  const isPipe = path.startsWith("\\\\.\\pipe\\")
  const stop = new AbortController()
  const api = createApi({
    node,
    clock: systemClock,
    assets: new Map(),
    signal: stop.signal,
    ...(onFailure === undefined ? {} : { onFailure }),
  })
  const withPage: Pick<Api, "fetch"> = {
    fetch: (request, env) =>
      pageUrl !== undefined && request.method === "GET" && new URL(request.url).pathname === PAGE_PATH
        ? Response.json({ url: pageUrl })
        : api.fetch(request, env),
  }
  const server = createGuardedServer(withPage, judge)
  // Nothing that has come over the network may ever speak here.
  server.on("connection", (socket) => {
    if (socket.remoteAddress !== undefined) socket.destroy()
  })
  if (!isPipe) await rm(path, { force: true })
  await listen(server, { path })
  if (!isPipe) await chmod(path, 0o600)
  return { [Symbol.asyncDispose]: () => close(server, stop) }
}

function judge({ headers, path }: GuardedRequest): GuardVerdict {
  if (headers.origin !== undefined || headers["sec-fetch-site"] !== undefined) {
    return { ok: false, status: 403, code: "badHost", message: "Pages do not ask here." }
  }
  return guardBody(headers, bodyLimit(path))
}
