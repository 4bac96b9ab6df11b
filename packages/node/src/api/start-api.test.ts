import { request as httpRequest } from "node:http"
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http"
import { connect } from "node:net"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { Node } from "../node.ts"
import { openNode } from "../node.ts"
import { PASSPHRASE, testFolder, testPorts } from "../open/harness.test-suite.ts"
import { startApi } from "./start-api.ts"
import type { RunningApi } from "./start-api.ts"

const TOKEN = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"
const INDEX = "<!doctype html><title>Tessera</title>"
const assets = new Map([
  ["index.html", { bytes: new TextEncoder().encode(INDEX), type: "text/html; charset=utf-8" }],
  ["app.js", { bytes: new TextEncoder().encode("1"), type: "text/javascript; charset=utf-8" }],
])

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly json: { readonly error?: { readonly code: string; readonly message: string } }
}

let folder: Awaited<ReturnType<typeof testFolder>>
let node: Node
let api: RunningApi

beforeAll(async () => {
  folder = await testFolder()
  node = await openNode({ ports: testPorts(folder.path), version: "1.2.3" })
  api = await startApi({ node, port: 0, assets, token: TOKEN })
})
afterAll(async () => {
  await api[Symbol.asyncDispose]()
  await node[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

interface Ask {
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string | Uint8Array
  readonly token?: string | undefined
}

function ask(method: string, path: string, options: Ask = {}): Promise<Answer> {
  const { headers = {}, body, token = TOKEN } = options
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        host: "127.0.0.1",
        port: api.port,
        method,
        path,
        headers: { ...(token === "" ? {} : { authorization: `Bearer ${token}` }), ...headers },
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on("data", (chunk: Buffer) => chunks.push(chunk))
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString()
          const isJson = response.headers["content-type"]?.includes("json") === true
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            json: isJson ? (JSON.parse(text) as Answer["json"]) : {},
          })
        })
      },
    )
    request.on("error", reject)
    request.end(body)
  })
}

const json = (value: unknown): Ask => ({ body: JSON.stringify(value), headers: { "content-type": "application/json" } })

describe("who is let in", () => {
  test("by the address of this start, and the page needs no token", async () => {
    expect(api.url).toBe(`http://127.0.0.1:${api.port}/#${TOKEN}`)
    for (const path of ["/", "/index.html", "/app.js", "/?x=1"])
      expect(await ask("GET", path, { token: "" })).toMatchObject({ status: 200 })
    expect((await ask("GET", "/", { token: "" })).text).toBe(INDEX)
    expect((await ask("GET", "/api/state")).json).toEqual({ stage: "new", version: "1.2.3" })
    expect(
      (await ask("GET", "/api/state", { headers: { host: `localhost:${api.port}`, origin: `http://localhost:${api.port}` } })).status,
    ).toBe(200)
  })

  test.each([
    ["no token", { token: "" }, 401, "badToken"],
    ["another token", { token: TOKEN.replace("0", "1") }, 401, "badToken"],
    ["a longer token", { token: `${TOKEN}x` }, 401, "badToken"],
    ["another scheme", { token: "", headers: { authorization: `Basic ${TOKEN}` } }, 401, "badToken"],
    ["somebody's name for this machine", { headers: { host: "evil.example" } }, 403, "badHost"],
    ["another port in Host", { headers: { host: "127.0.0.1:1" } }, 403, "badHost"],
    ["no port in Host", { headers: { host: "127.0.0.1" } }, 403, "badHost"],
    ["two Hosts", { headers: { host: ["127.0.0.1:PORT", "evil.example"] } }, 403, "badHost"],
    ["a foreign Origin", { headers: { origin: "http://evil.example" } }, 403, "badHost"],
    ["no page's Origin", { headers: { origin: "null" } }, 403, "badHost"],
    ["the other of our names as Origin", { headers: { origin: "http://localhost:PORT" } }, 403, "badHost"],
    ["a request that the browser calls foreign", { headers: { "sec-fetch-site": "cross-site" } }, 403, "badHost"],
    ["a request of another port of this machine", { headers: { "sec-fetch-site": "same-site" } }, 403, "badHost"],
  ])("refuses %s", async (_, given, status, code) => {
    const headers = Object.fromEntries(
      Object.entries(("headers" in given ? given.headers : {}) as Record<string, string | string[]>).map(([name, value]) => [
        name,
        typeof value === "string" ? value.replace("PORT", String(api.port)) : value.map((one) => one.replace("PORT", String(api.port))),
      ]),
    )
    const answer = await raw({ method: "GET", path: "/api/state", token: "token" in given ? given.token : TOKEN, headers })
    expect(answer.status).toBe(status)
    expect(answer.text).toContain(`"code":"${code}"`)
  })

  test("refuses foreign names for the page as well", async () => {
    expect((await ask("GET", "/", { token: "", headers: { host: "evil.example" } })).json.error?.code).toBe("badHost")
    expect((await ask("GET", "/", { token: "", headers: { origin: "http://evil.example" } })).json.error?.code).toBe("badHost")
  })

  test("listens on 127.0.0.1 only", async () => {
    const reached = await new Promise((resolve) => {
      const socket = connect({ host: "127.0.0.2", port: api.port })
      socket.once("connect", () => resolve(socket.destroy() && true))
      socket.once("error", () => resolve(false))
    })
    expect(reached).toBe(false)
  })

  test("says no to nobody with a log, a cookie or a cache", async () => {
    for (const answer of [
      await ask("GET", "/"),
      await ask("GET", "/api/state"),
      await ask("GET", "/api/state", { token: "" }),
      await ask("GET", "/nothing"),
    ]) {
      expect(answer.headers).toMatchObject({
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
      })
      expect(answer.headers["content-security-policy"]).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
      )
      expect(answer.headers["permissions-policy"]).toBeDefined()
      expect(answer.headers["set-cookie"]).toBeUndefined()
      expect(answer.headers["access-control-allow-origin"]).toBeUndefined()
    }
    expect(
      (
        await ask("OPTIONS", "/api/state", {
          token: "",
          headers: { origin: "http://evil.example", "access-control-request-method": "POST" },
        })
      ).status,
    ).toBe(403)
  })
})

describe("bad input", () => {
  test("is refused by its announced length before it is read", async () => {
    const answer = await raw({
      method: "POST",
      path: "/api/setup",
      token: TOKEN,
      headers: { "content-length": "999999999", "content-type": "application/json" },
    })
    expect(answer.status).toBe(413)
    expect(answer.text).toContain('"code":"tooLarge"')
    const expecting = await raw({
      method: "POST",
      path: "/api/setup",
      token: TOKEN,
      headers: { "content-length": "999999999", expect: "100-continue" },
    })
    expect(expecting.text.startsWith("HTTP/1.1 413")).toBe(true)
  })

  test("is refused while it comes when no length was announced", async () => {
    const chunk = "x".repeat(65_536)
    const answer = await ask("POST", "/api/setup", { headers: { "transfer-encoding": "chunked" }, body: chunk.repeat(4) })
    expect(answer).toMatchObject({ status: 413, json: { error: { code: "tooLarge" } } })
  })

  test.each([
    ["no JSON", "{"],
    ["no UTF-8", Uint8Array.of(0x22, 0xff, 0x22)],
    ["no body", ""],
    ["another type", "[]"],
    ["a missing field", '{"name":"Ann"}'],
    ["a wrong type", '{"name":"Ann","passphrase":7}'],
    ["an empty name", '{"name":"  ","passphrase":"long enough words"}'],
    ["a name of 101 characters", `{"name":"${"a".repeat(101)}","passphrase":"long enough words"}`],
    ["an empty passphrase", '{"name":"Ann","passphrase":""}'],
  ])("is answered with a sentence: %s", async (_, body) => {
    const answer = await ask("POST", "/api/setup", { body })
    expect(answer).toMatchObject({ status: 400, json: { error: { code: "badRequest" } } })
    expect(answer.json.error?.message).toMatch(/^[A-Z].*[.”]$/)
    expect(node.state.stage).toBe("new")
  })

  test("does not end the node: broken requests and half ones", async () => {
    for (const bytes of [
      "\0\0\0",
      "GET / HTTP/9.9\r\n\r\n",
      "GET  HTTP/1.1\r\nHost: x\r\n\r\n",
      "POST /api/setup HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
    ]) {
      await new Promise<void>((resolve) => {
        const socket = connect({ host: "127.0.0.1", port: api.port })
        socket.on("error", () => undefined)
        socket.on("close", () => resolve())
        socket.resume()
        socket.end(bytes)
      })
    }
    expect((await ask("GET", "/api/state")).status).toBe(200)
    expect(await ask("GET", "/api/nothing")).toMatchObject({ status: 404, json: { error: { code: "notFound" } } })
    expect(await ask("DELETE", "/api/me")).toMatchObject({ status: 404, json: { error: { code: "notFound" } } })
    expect((await ask("GET", "/..%2f..%2fetc/passwd", { token: "" })).status).toBe(401)
  })

  test("does not end the node: somebody who hangs up in the middle", async () => {
    for (const length of [0, 10, 1_000]) {
      const socket = connect({ host: "127.0.0.1", port: api.port })
      socket.on("error", () => undefined)
      const head = `POST /api/setup HTTP/1.1\r\nHost: 127.0.0.1:${api.port}\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Length: 5000\r\n\r\n`
      socket.write(head + "x".repeat(length))
      await new Promise((resolve) => setTimeout(resolve, 50))
      socket.resetAndDestroy()
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect((await ask("GET", "/api/state")).status).toBe(200)
  })

  test("is told by its stage", async () => {
    for (const path of ["/api/me", "/api/timeline", "/api/people"])
      expect(await ask("GET", path)).toMatchObject({ status: 409, json: { error: { code: "wrongStage" } } })
    expect(await ask("POST", "/api/unlock", json({ passphrase: "x" }))).toMatchObject({
      status: 409,
      json: { error: { code: "wrongStage" } },
    })
    expect(await ask("POST", "/api/restore", json({ sheet: "mocryptsec0abc", passphrase: "x", name: "Ann" }))).toMatchObject({
      status: 400,
      json: { error: { code: "badSheet" } },
    })
  })
})

test("a whole life: set up, write, lock, refuse, unlock", async () => {
  expect(await ask("GET", "/api/passphrase-suggestion")).toMatchObject({ status: 200 })
  const me = await ask("POST", "/api/setup", json({ name: "Zoë Łukasz", passphrase: PASSPHRASE }))
  expect(me).toMatchObject({
    status: 201,
    json: { displayName: "Zoë Łukasz", name: "Zoe-Lukasz", settings: { theme: "system", recoverySheetOffered: false } },
  })
  expect(await ask("POST", "/api/setup", json({ name: "Ann", passphrase: PASSPHRASE }))).toMatchObject({
    status: 409,
    json: { error: { code: "wrongStage" } },
  })
  const note = (await ask("POST", "/api/notes", json({ text: "See https://example.org/x." }))).json as unknown as {
    address: string
    createdAt: number
  }
  expect(note).toMatchObject({
    parts: [{ text: "See " }, { link: "https://example.org/x", text: "https://example.org/x" }, { text: "." }],
    source: "See https://example.org/x.",
  })
  expect((await ask("GET", "/api/timeline?limit=1")).json).toEqual({ notes: [note] })
  expect(await ask("GET", "/api/timeline?limit=0")).toMatchObject({ status: 400 })
  expect(await ask("GET", "/api/timeline?before=zz")).toMatchObject({ status: 400, json: { error: { code: "badRequest" } } })
  expect(await ask("PUT", `/api/notes/${note.address}`, json({ text: "Changed" }))).toMatchObject({
    status: 200,
    json: { source: "Changed" },
  })
  expect((await ask("GET", `/api/notes/${note.address}/history`)).json).toMatchObject({ versions: [{ parts: [{ text: "Changed" }] }, {}] })
  expect((await ask("GET", `/api/notes/${note.address}/thread`)).json).toMatchObject({ root: { source: "Changed" }, replies: [] })
  expect(await ask("PUT", "/api/notes/moref0nothing", json({ text: "x" }))).toMatchObject({ status: 404 })
  for (const text of ["", " \n\t", "x".repeat(5_001)])
    expect(await ask("POST", "/api/notes", json({ text }))).toMatchObject({ status: 400, json: { error: { code: "badRequest" } } })
  expect(await ask("POST", "/api/notes", json({ text: "🏔".repeat(5_000) }))).toMatchObject({ status: 201 })
  expect((await ask("PATCH", "/api/settings", json({ theme: "dark" }))).json).toEqual({ theme: "dark", recoverySheetOffered: false })
  expect(await ask("PATCH", "/api/settings", json({ theme: "pink" }))).toMatchObject({ status: 400 })
  const { card } = (await ask("GET", "/api/me")).json as unknown as { card: { link: string } }
  expect(await ask("POST", "/api/people", json({ card: card.link }))).toMatchObject({ json: { error: { code: "ownCard" } } })
  expect(await ask("POST", "/api/cards/look", json({ card: "hello" }))).toMatchObject({ status: 400, json: { error: { code: "badCard" } } })
  expect((await ask("GET", "/api/people")).json).toEqual({ people: [] })
  expect(await ask("GET", "/api/people/mopub0x")).toMatchObject({ status: 400 })

  const wrong = Date.now()
  expect(await ask("POST", "/api/recovery-sheet", json({ passphrase: "wrong" }))).toMatchObject({
    status: 403,
    json: { error: { code: "wrongPassphrase" } },
  })
  expect(Date.now() - wrong).toBeGreaterThanOrEqual(990)
  const sheet = (await ask("POST", "/api/recovery-sheet", json({ passphrase: PASSPHRASE }))).json as unknown as {
    text: string
    qr: { size: number }
  }
  expect(sheet.text).toMatch(/^mocryptsec0/)
  expect(await ask("POST", "/api/passphrase", json({ current: PASSPHRASE, next: "another good one" }))).toMatchObject({ status: 200 })
  expect(await ask("POST", "/api/lock", json({}))).toMatchObject({ status: 200 })
  expect(await ask("GET", "/api/timeline")).toMatchObject({ json: { error: { code: "wrongStage" } } })
  expect(await ask("POST", "/api/unlock", json({ passphrase: PASSPHRASE }))).toMatchObject({ json: { error: { code: "wrongPassphrase" } } })
  expect(await ask("POST", "/api/unlock", json({ passphrase: "another good one" }))).toMatchObject({
    status: 200,
    json: { displayName: "Zoë Łukasz", settings: { theme: "dark" }, card },
  })
  expect((await ask("GET", "/api/timeline")).json).toMatchObject({ notes: [{}, { source: "Changed" }] })
})

/** One transparent pixel, lossless, with EXIF: 320 x 320 at most, and metadata to be taken out. */
function pixel(): Uint8Array {
  const picture = Uint8Array.of(0x2f, 0, 0, 0, 0x10, 0x07, 0x10, 0x11, 0x11, 0x88, 0x88, 0xfe, 0x07, 0)
  const chunk = (tag: string, data: Uint8Array): Buffer => {
    const head = Buffer.alloc(8, tag)
    head.writeUInt32LE(data.length, 4)
    return Buffer.concat([head, data, Buffer.alloc(data.length % 2)])
  }
  const canvas = Uint8Array.of(0x08, 0, 0, 0, 0, 0, 0, 0, 0, 0)
  const body = Buffer.concat([chunk("VP8X", canvas), chunk("VP8L", picture), chunk("EXIF", Buffer.from("taken at home"))])
  return Buffer.concat([Buffer.from("RIFF"), Buffer.from(Uint32Array.of(body.length + 4).buffer), Buffer.from("WEBP"), body])
}

test("a profile with a picture, which only the passphrase can change", async () => {
  const passphrase = "another good one"
  const picture = Buffer.from(pixel()).toString("base64")
  const edit = (change: object): Promise<Answer> =>
    ask("PUT", "/api/me/profile", json({ displayName: "Zoë", about: "Hello\nthere", passphrase, ...change }))
  expect(await edit({ passphrase: "wrong" })).toMatchObject({ status: 403, json: { error: { code: "wrongPassphrase" } } })
  expect(await edit({ picture: "no base64!" })).toMatchObject({ status: 400, json: { error: { code: "badPicture" } } })
  expect(await edit({ picture: Buffer.from("GIF89a").toString("base64") })).toMatchObject({
    status: 400,
    json: { error: { code: "badPicture" } },
  })
  expect(await edit({ displayName: "" })).toMatchObject({ status: 400, json: { error: { code: "badRequest" } } })
  expect(await edit({ about: "x".repeat(2_001) })).toMatchObject({ status: 400, json: { error: { code: "badRequest" } } })
  expect(await edit({ picture: "A".repeat(600_000) })).toMatchObject({ status: 413, json: { error: { code: "tooLarge" } } })
  expect((await ask("GET", "/api/me")).json).toMatchObject({ displayName: "Zoë Łukasz", about: "" })
  const me = (await edit({ picture })).json as unknown as { person: string; picture: string }
  expect(me).toMatchObject({ displayName: "Zoë", name: "Zoe", about: "Hello\nthere" })
  const shown = await ask("GET", `/api/pictures/${me.person}/${me.picture}`)
  expect(shown).toMatchObject({ status: 200, headers: { "content-type": "image/webp", "cache-control": "no-store" } })
  expect(shown.text).not.toContain("taken at home")
  expect(await ask("GET", `/api/pictures/${me.person}/0000000000000000`)).toMatchObject({ status: 404 })
  expect(await ask("GET", `/api/pictures/${me.person}/${me.picture}`, { token: "" })).toMatchObject({ status: 401 })
  // Left out it stays, with null it goes.
  expect(((await edit({})).json as unknown as typeof me).picture).toBeDefined()
  expect(((await edit({ picture: null })).json as unknown as typeof me).picture).toBeUndefined()
})

/** A request as bytes, so that it may be one that no client would send; only the head is sent. */
function raw(options: {
  method: string
  path: string
  token: string
  headers: Record<string, string | string[]>
}): Promise<{ status: number; text: string }> {
  const { method, path, token, headers } = options
  const lines = [`${method} ${path} HTTP/1.1`]
  if (headers["host"] === undefined) lines.push(`Host: 127.0.0.1:${api.port}`)
  if (token !== "") lines.push(`Authorization: Bearer ${token}`)
  for (const [name, value] of Object.entries(headers)) for (const one of [value].flat()) lines.push(`${name}: ${one}`)
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port: api.port })
    let text = ""
    socket.on("data", (chunk) => {
      text += chunk.toString()
      if (text.includes("}}")) socket.destroy()
    })
    socket.on("close", () => resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]), text }))
    socket.on("error", reject)
    socket.write(`${lines.join("\r\n")}\r\n\r\n`)
  })
}
