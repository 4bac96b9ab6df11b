import { chmod, rm } from "node:fs/promises"
import { type IncomingMessage, type ServerResponse, createServer } from "node:http"
import { CommandError } from "../command.ts"
import { askSocket } from "../node-client.ts"
import { type HostDesk, type HostRequest, HostRefusal, runHostAction } from "./host-actions.ts"

const BODY_LIMIT = 64 * 1024

/**
 * Lets the owner of a running server manage it from the command line, over a socket that only their own account can open: `POST /members/add` and so
 * on, a JSON object there and a JSON value back.
 *
 * @param path in the data folder, or a named pipe on Windows. Only who holds the folder's lock may pass it: a socket left over from a crash is replaced.
 */
export async function openHostSocket(path: string, desk: HostDesk, onFault: (error: unknown) => void): Promise<AsyncDisposable> {
  const isPipe = path.startsWith("\\\\.\\pipe\\")
  const server = createServer((request, response) => void answer(request, response, desk, onFault))
  if (!isPipe) await rm(path, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject)
    // Nobody else may open it, not even before its mode is set.
    const mask = process.umask(0o177)
    server.listen({ path }, resolve)
    process.umask(mask)
  })
  if (!isPipe) await chmod(path, 0o600)
  return {
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Asks the server that runs on a folder. @throws CommandError when none runs there, or it refuses. */
export async function askHost<T>(path: string, action: string, request: HostRequest): Promise<T> {
  try {
    return await askSocket<T>(path, "POST", `/${action}`, request)
  } catch (error) {
    if (error instanceof CommandError && error.code === "notRunning")
      throw new CommandError("notRunning", "no server runs on this folder. Start it with `tessera serve`.", { cause: error })
    throw error
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  desk: HostDesk,
  onFault: (error: unknown) => void,
): Promise<void> {
  try {
    const { origin } = request.headers
    if (request.method !== "POST" || origin !== undefined) throw new HostRefusal("unknown", "this is asked with POST, and by no page.")
    send(response, 200, await runHostAction((request.url ?? "/").slice(1), desk, await readBody(request)))
  } catch (error) {
    if (error instanceof HostRefusal) send(response, 400, { error: { code: error.code, message: error.message } })
    else {
      onFault(error)
      send(response, 500, { error: { code: "failed", message: "the running server could not do this; what it says tells why." } })
    }
  }
}

async function readBody(request: IncomingMessage): Promise<HostRequest> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    length += chunk.length
    if (length > BODY_LIMIT) throw new HostRefusal("tooLarge", "this is too long.")
    chunks.push(chunk)
  }
  let value: unknown
  try {
    value = JSON.parse(Buffer.concat(chunks).toString("utf8"))
  } catch (error) {
    if (error instanceof SyntaxError) throw new HostRefusal("badWord", "this is no JSON.")
    throw error
  }
  if (typeof value !== "object" || value === null) throw new HostRefusal("badWord", "this is no JSON object.")
  return { ...value }
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value))
}
