import { readFile } from "node:fs/promises"
import { createServer } from "node:http"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { MemoryNode } from "./memory-node.ts"
import { HEADERS } from "./policy.ts"
import { Refused } from "./refused.ts"
import { answer } from "./routes.ts"

const FILES: Record<string, readonly [string, string]> = {
  "/": ["index.html", "text/html; charset=utf-8"],
  "/index.html": ["index.html", "text/html; charset=utf-8"],
  "/app.js": ["app.js", "text/javascript; charset=utf-8"],
  "/app.css": ["app.css", "text/css; charset=utf-8"],
  "/icon.svg": ["icon.svg", "image/svg+xml"],
}

export interface DevNode extends AsyncDisposable {
  readonly node: MemoryNode
  readonly origin: string
  /** With the token: opening it is enough to be let in. */
  readonly url: string
  /** Ends every event stream, as a connection that breaks. */
  breakStreams(): void
  /** While true, every request is cut off, as by a node that has ended. */
  silent: boolean
  /** Milliseconds before each answer of the API. */
  delay: number
}

/** Serves the built interface with a node in memory behind it, under the headers of the real one. */
export async function serve(options: {
  readonly dist: string
  readonly port?: number
  readonly node?: MemoryNode
  readonly token?: string
}): Promise<DevNode> {
  const node = options.node ?? new MemoryNode()
  const token = options.token ?? "dev-token-0123456789"
  const streams = new Set<ServerResponse>()

  const server = createServer((request, response) => {
    if (self.silent) {
      request.socket.destroy()
      return
    }
    respond(request, response).catch((error: unknown) => {
      const refused = error instanceof Refused ? error : new Refused(500, "internal", String(error))
      if (response.headersSent) response.destroy()
      else json(response, refused.status, { error: { code: refused.code, message: refused.message } })
    })
  })

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://127.0.0.1")
    const file = FILES[url.pathname]
    if (file !== undefined) {
      response.writeHead(200, { ...HEADERS, "Content-Type": file[1] })
      response.end(await readFile(join(options.dist, file[0])))
      return
    }
    if (request.headers.authorization !== `Bearer ${token}`)
      throw new Refused(401, "badToken", "This page belongs to an earlier start of Tessera.")
    if (self.delay > 0) await new Promise((resolve) => setTimeout(resolve, self.delay))
    if (url.pathname === "/api/events") return stream(response)
    const body = await readBody(request)
    const result = await answer(node, request.method ?? "GET", url, body)
    if (result.bytes !== undefined) {
      response.writeHead(200, { ...HEADERS, "Content-Type": "image/webp" })
      response.end(result.bytes)
    } else json(response, result.status ?? 200, result.json)
  }

  function stream(response: ServerResponse): void {
    response.writeHead(200, { ...HEADERS, "Content-Type": "text/event-stream" })
    streams.add(response)
    const send = (event: unknown) => response.write(`data: ${JSON.stringify(event)}\n\n`)
    send({ type: "hello" })
    const stop = node.listen(send)
    response.on("close", () => {
      stop()
      streams.delete(response)
    })
  }

  const self: DevNode = {
    node,
    origin: "",
    url: "",
    silent: false,
    delay: 0,
    breakStreams: () => streams.forEach((each) => each.destroy()),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, "127.0.0.1", resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return Object.assign(self, { origin, url: `${origin}/#${token}` })
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { ...HEADERS, "Content-Type": "application/json" })
  response.end(JSON.stringify(value))
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return chunks.length === 0 ? undefined : (JSON.parse(Buffer.concat(chunks).toString("utf8")) as unknown)
}
