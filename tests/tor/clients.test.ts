import { clientPublicKey } from "@tessera/node/tor"
import { afterAll, beforeAll, expect, test } from "vitest"
import { Echo, Party, echoed, freshKey, killTor, statusOf, streamOf } from "./rig.ts"

let anna: Party
let ben: Party
let carol: Party
let echo: Echo
const parts = new AsyncDisposableStack()

beforeAll(async () => {
  anna = parts.use(await Party.start())
  ben = parts.use(await Party.start())
  carol = parts.use(await Party.start())
  echo = parts.use(await Echo.start())
})
afterAll(() => parts.disposeAsync())

const reachable = AbortSignal.timeout(600_000)

test("friends get in with their key, others do not, and a friend who is removed no more", async () => {
  const [bensKey, carolsKey] = [freshKey(), freshKey()]
  await using service = anna.tor.publish({ key: freshKey(), port: 80, target: echo.target, clients: [clientPublicKey(bensKey)] })
  await service.whenReachable(reachable)

  expect(await ben.dial(service)).toMatchObject({ ok: false, code: "key-missing" })
  carol.tor.authorize(service.address, carolsKey)
  expect(await carol.dial(service)).toMatchObject({ ok: false, code: "key-refused" })
  ben.tor.authorize(service.address, bensKey)
  const stream = streamOf(await ben.dial(service))
  expect(String(await echoed(stream, Buffer.from("hello")))).toBe("hello")

  // Carol comes in; who is connected stays so.
  service.setClients([clientPublicKey(bensKey), clientPublicKey(carolsKey)])
  expect(service.isReachable).toBe(false)
  await service.whenReachable(reachable)
  const carols = streamOf(await carol.dial(service))
  expect(String(await echoed(carols, Buffer.from("me too")))).toBe("me too")
  expect(String(await echoed(stream, Buffer.from("still here")))).toBe("still here")

  // Ben is removed while connected: our protocol closes what is open, tor lets nobody without a key find the way anew.
  service.setClients([clientPublicKey(carolsKey)])
  await service.whenReachable(reachable)
  for (const socket of echo.sockets) socket.destroy()
  await killTor(ben.folder)
  await statusOf(ben.tor, ({ phase }) => phase === "starting")
  await statusOf(ben.tor, ({ phase }) => phase === "connected")
  expect(await ben.dial(service)).toMatchObject({ ok: false, code: "key-refused" })
  streamOf(await carol.dial(service)).destroy()
})

test("a key that is brought survives the tor that it was told to, and can be taken back", async () => {
  const bensKey = freshKey()
  await using service = anna.tor.publish({ key: freshKey(), port: 80, target: echo.target, clients: [clientPublicKey(bensKey)] })
  await service.whenReachable(reachable)
  ben.tor.authorize(service.address, bensKey)
  streamOf(await ben.dial(service)).destroy()
  await killTor(ben.folder)
  await statusOf(ben.tor, ({ phase }) => phase === "starting")
  streamOf(await ben.dial(service)).destroy()
  ben.tor.authorize(service.address, undefined)
  await killTor(ben.folder)
  await statusOf(ben.tor, ({ phase }) => phase === "starting")
  expect(await ben.dial(service)).toMatchObject({ ok: false, code: "key-missing" })
})

test("as many friends as a descriptor holds are let in, and nobody when there are none", async () => {
  const keys = Array.from({ length: 256 }, () => freshKey())
  await using service = anna.tor.publish({ key: freshKey(), port: 80, target: echo.target, clients: keys.map(clientPublicKey) })
  await service.whenReachable(reachable)
  ben.tor.authorize(service.address, keys[255])
  streamOf(await ben.dial(service)).destroy()
  expect(() => service.setClients([...keys, freshKey()].map(clientPublicKey))).toThrow(RangeError)

  service.setClients([])
  expect(service.isReachable).toBe(false)
  carol.tor.authorize(service.address, keys[0])
  expect(await carol.dial(service)).toMatchObject({ ok: false })
  await statusOf(anna.tor, (status) => !status.reachable)
})
