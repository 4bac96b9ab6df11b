import { formatOnionAddress } from "@tessera/node/tor"
import { publicKeyOf } from "@tessera/mosaic"
import { afterAll, beforeAll, expect, test } from "vitest"
import { hasTor } from "./network.ts"
import { Echo, Party, echoed, freshKey, statusOf, streamOf } from "./rig.ts"

let anna: Party
let ben: Party
let echo: Echo
const parts = new AsyncDisposableStack()

beforeAll(async () => {
  if (!hasTor()) return
  anna = parts.use(await Party.start())
  ben = parts.use(await Party.start())
  echo = parts.use(await Echo.start())
})
afterAll(() => parts.disposeAsync())

test.skipIf(!hasTor())("two people meet: what one publishes, the other reaches at the address of the key", async () => {
  const key = freshKey()
  const progress: number[] = []
  anna.tor.onStatus((status) => progress.push(status.progress))
  await using service = anna.tor.publish({ key, port: 80, target: echo.target })
  expect(service.address).toBe(formatOnionAddress(publicKeyOf(key)))

  await service.whenReachable(AbortSignal.timeout(60_000))
  expect(anna.tor.status).toEqual({ phase: "connected", progress: 100, reachable: true })
  expect(progress).toEqual(progress.toSorted((a, b) => a - b))

  const stream = streamOf(await ben.dial(service))
  expect(String(await echoed(stream, Buffer.from("hello")))).toBe("hello")
  stream.destroy()
  const closed = await ben.tor.dial({ host: service.address, port: 81, isolation: "x", signal: AbortSignal.timeout(60_000) })
  expect(closed).toMatchObject({ ok: false, code: "refused" })
  expect(anna.log.join("\n")).not.toContain(service.address.slice(0, 16))
})

test.skipIf(!hasTor())("a stranger's address where nobody is comes to nothing, soon", async () => {
  const nobody = { address: formatOnionAddress(publicKeyOf(freshKey())) }
  await statusOf(ben.tor, ({ phase }) => phase === "connected")
  expect(await ben.dial(nobody)).toMatchObject({ ok: false, code: "not-found" })
  await expect(ben.dial({ address: "two words" as typeof nobody.address })).rejects.toThrow(RangeError)
})
