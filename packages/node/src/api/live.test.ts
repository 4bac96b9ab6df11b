import { chmod, stat, writeFile } from "node:fs/promises"
import { request } from "node:http"
import type { IncomingMessage } from "node:http"
import { join } from "node:path"
import { afterEach, expect, test } from "vitest"
import type { Node } from "../node.ts"
import { eventually, startPerson, testFolder } from "../open/harness.test-suite.ts"
import { startControlSocket } from "./control-socket.ts"
import { startApi } from "./start-api.ts"

const TOKEN = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"
const cleanups: AsyncDisposable[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup[Symbol.asyncDispose]()
})

async function startNode(): Promise<{ node: Node; path: string }> {
  const folder = await testFolder()
  cleanups.push(folder)
  const node = await startPerson(folder.path, "Ann")
  cleanups.push(node)
  return { node, path: folder.path }
}

test("events come over HTTP at once, and end with the API", async () => {
  const { node } = await startNode()
  const api = await startApi({ node, port: 0, assets: new Map(), token: TOKEN })
  cleanups.push(api)
  const response = await fetch(`http://127.0.0.1:${api.port}/api/events`, { headers: { authorization: `Bearer ${TOKEN}` } })
  expect(response.headers.get("content-type")).toContain("text/event-stream")
  expect(response.headers.get("cache-control")).toBe("no-store")
  let text = ""
  let ended = false
  const reading = (async () => {
    for await (const chunk of response.body ?? []) text += new TextDecoder().decode(chunk)
  })().finally(() => (ended = true))
  reading.catch(() => undefined)
  await eventually(() => (text.includes('{"type":"hello"}') ? true : undefined), "hello")
  const before = Date.now()
  await node.person().notes.post("at once", undefined)
  await eventually(() => (text.includes("at once") ? true : undefined), "the note", 1_000)
  expect(Date.now() - before).toBeLessThan(1_000)
  await node.lock()
  await eventually(() => (text.includes('"stage":"locked"') ? true : undefined), "the stage")
  cleanups.pop()
  await api[Symbol.asyncDispose]()
  await eventually(() => (ended ? true : undefined), "the end")
})

test("a reader who does not read costs a bounded amount and is let go", async () => {
  const { node } = await startNode()
  const api = await startApi({ node, port: 0, assets: new Map(), token: TOKEN })
  cleanups.push(api)
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const asking = request(
      { port: api.port, host: "127.0.0.1", path: "/api/events", headers: { authorization: `Bearer ${TOKEN}` } },
      resolve,
    )
    asking.on("error", reject)
    asking.end()
  })
  // Not read: the socket's buffers fill.
  response.pause()
  for (let i = 0; i < 600; i++) {
    node.events.emit({ type: "trouble", message: "x".repeat(100_000) })
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(node.events.hasListeners).toBe(false)
  let bytes = 0
  const end = new Promise<string>((resolve) => {
    response.on("end", () => resolve("complete"))
    response.on("error", () => resolve("cut off"))
  })
  response.on("data", (chunk: Buffer) => (bytes += chunk.length))
  response.resume()
  expect(await end).toBe("cut off")
  expect(bytes).toBeLessThan(50_000_000)
})

test("the command line asks over a socket in the folder, without a token; pages cannot", async () => {
  const { node, path } = await startNode()
  const socketPath = join(path, "control.sock")
  // Left over from a crash.
  await writeFile(socketPath, "")
  await chmod(socketPath, 0o644)
  cleanups.push(await startControlSocket({ node, path: socketPath }))
  expect((await stat(socketPath)).mode & 0o777).toBe(0o600)
  const ask = (
    headers: Record<string, string> = {},
    method = "GET",
    body?: string,
  ): Promise<{ status: number | undefined; text: string }> =>
    new Promise((resolve, reject) => {
      const asking = request({ socketPath, method, path: body === undefined ? "/api/me" : "/api/notes", headers }, (response) => {
        let text = ""
        response.on("data", (chunk: Buffer) => (text += chunk.toString()))
        response.on("end", () => resolve({ status: response.statusCode, text }))
      })
      asking.on("error", reject)
      asking.end(body)
    })
  expect(await ask()).toMatchObject({ status: 200, text: expect.stringContaining('"displayName":"Ann"') as string })
  expect(await ask({}, "POST", '{"text":"from the command line"}')).toMatchObject({ status: 201 })
  expect(await ask({ origin: "http://127.0.0.1" })).toMatchObject({ status: 403 })
  expect(await ask({ "content-length": "99999999" }, "POST", "")).toMatchObject({ status: 413 })
})
