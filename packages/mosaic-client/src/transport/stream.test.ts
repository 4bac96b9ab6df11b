import { mkdtemp, rm, stat } from "node:fs/promises"
import { connect as connectSocket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createServer, openMemoryStore, rolesPolicy } from "@tessera/mosaic-server"
import { listenLocal } from "@tessera/mosaic-server/tcp"
import { afterAll, beforeAll, expect, test } from "vitest"
import { connect } from "../connection/connection.ts"
import { WrongServerError } from "../errors.ts"
import { NOON, keyOf, secretOf, write } from "../testing.test-suite.ts"
import { dialStream } from "./tcp.ts"

const now = () => NOON
const resources = new AsyncDisposableStack()
const folder = await mkdtemp(join(tmpdir(), "tessera-local-"))
const path = join(folder, "door")

beforeAll(async () => {
  resources.defer(() => rm(folder, { recursive: true }))
  const store = resources.use(openMemoryStore({ now }))
  const policy = rolesPolicy({ roles: new Set(["outbox"]), members: "everybody" })
  const server = resources.use(createServer({ store, serverKey: keyOf(200), policy, now }))
  const listener = await listenLocal({ server, secretKey: secretOf(200), path, limits: { connections: 3 } })
  resources.defer(() => listener.close())
})
afterAll(() => resources.disposeAsync())

const dial = (serverKey = keyOf(200)) => dialStream({ stream: connectSocket(path), remote: "the door", serverKey, clientKey: secretOf(1) })

test("a server on a Unix socket is reached over a stream that was opened before, and both keys are proved", async () => {
  await using connection = await connect(await dial())
  expect((await connection.submit(write(1))).code).toBeLessThan(64)
})

test("whoever has another key is not talked to, and the stream ends", async () => {
  const stream = connectSocket(path)
  await expect(dialStream({ stream, remote: "the door", serverKey: keyOf(201) })).rejects.toThrow(WrongServerError)
  expect(stream.destroyed).toBe(true)
})

test("a stream whose dial was given up before it began ends", async () => {
  const stream = connectSocket(path)
  const signal = AbortSignal.abort(new Error("not any more"))
  await expect(dialStream({ stream, remote: "the door", serverKey: keyOf(200), signal })).rejects.toThrow("not any more")
  expect(stream.destroyed).toBe(true)
})

test("nobody else of this machine can reach it, and it holds a bounded number", async () => {
  expect((await stat(path)).mode & 0o077).toBe(0)
  const open = await Promise.all([dial(), dial(), dial()])
  await expect(dial()).rejects.toThrow()
  await Promise.all(open.map((channel) => channel.close()))
})
