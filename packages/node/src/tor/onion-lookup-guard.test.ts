import dns, { lookup } from "node:dns"
import { lookup as lookupByPromise } from "node:dns/promises"
import http from "node:http"
import { PassThrough } from "node:stream"
import { afterEach, beforeEach, expect, test } from "vitest"
import { forbidOnionLookups } from "./onion-lookup-guard.ts"

const ONION = "duckduckgogg42xjoc72x3sjasowoarfbgcmvfimaftt6twagswzczad.onion"
const GUARDED = expect.objectContaining({ name: "OnionLookupError", code: "EONION" }) as Error

let guard: Disposable
beforeEach(() => {
  guard = forbidOnionLookups()
})
afterEach(() => guard[Symbol.dispose]())

const failureOf = (ask: (done: (error: Error | null) => void) => void): Promise<Error | null> => new Promise(ask)

test("no function of node:dns asks for an onion name", async () => {
  expect(await failureOf((done) => lookup(ONION, done))).toEqual(GUARDED)
  expect(await failureOf((done) => dns.lookup(`${ONION.toUpperCase()}.`, { all: true }, done))).toEqual(GUARDED)
  expect(await failureOf((done) => dns.resolve4(ONION, done))).toEqual(GUARDED)
  await expect(lookupByPromise(ONION)).rejects.toThrow(GUARDED)
  await expect(dns.promises.resolve6(`x.${ONION}`)).rejects.toThrow(GUARDED)
})

test("an HTTP request that ignores its own connection does not get there either", async () => {
  const createConnection = (): PassThrough => new PassThrough()
  const options = { host: ONION, port: 80, agent: false, createConnection } as unknown as http.RequestOptions
  const leak = await new Promise<Error | undefined>((resolve) => {
    const request = http.request(options)
    request.on("error", resolve)
    // Where Node has mended this, the request goes to the connection that it was given, and nothing is asked.
    setTimeout(() => {
      request.destroy()
      resolve(undefined)
    }, 500)
    request.end()
  })
  if (leak !== undefined) expect(leak).toEqual(GUARDED)
  const plain = await new Promise<Error>((resolve) => http.get({ host: ONION, port: 80 }).on("error", resolve))
  expect(plain).toEqual(GUARDED)
  await expect(fetch(`http://${ONION}/`)).rejects.toMatchObject({ cause: GUARDED })
})

test("other names are asked for as before, and so are onion names once the guard is gone", async () => {
  expect(await failureOf((done) => lookup("localhost", done))).toBeNull()
  await expect(lookupByPromise("localhost")).resolves.toMatchObject({ address: expect.any(String) as string })
  guard[Symbol.dispose]()
  // Nothing answers for such a name, and the error is the system's.
  expect(await failureOf((done) => dns.lookup("a.invalid", done))).not.toEqual(GUARDED)
})
