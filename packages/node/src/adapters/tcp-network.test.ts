import { createServer as createTcpServer } from "node:net"
import type { AddressInfo } from "node:net"
import { nonceFromTimestamp, parseSecretKey, PROFILE, publicKeyOf, buildRecord, timestampFromUnixMillis } from "@tessera/mosaic"
import type { SecretKey } from "@tessera/mosaic"
import { connect } from "@tessera/mosaic-client"
import { createServer, openMemoryStore } from "@tessera/mosaic-server"
import type { MosaicServer } from "@tessera/mosaic-server"
import { afterEach, describe, expect, test } from "vitest"
import { PortInUseError } from "../ports.ts"
import { systemRandom } from "./system-random.ts"
import { tcpNetwork } from "./tcp-network.ts"

const now = (): ReturnType<typeof timestampFromUnixMillis> => timestampFromUnixMillis(Date.now())
const newKey = (): SecretKey => parseSecretKey(systemRandom(32))
const stop = new AbortController()
const ended: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ended.splice(0)) await end()
})

function serverFor(secretKey: SecretKey): MosaicServer {
  const server = createServer({
    store: openMemoryStore({ now }),
    serverKey: publicKeyOf(secretKey),
    policy: { admit: () => ({ ok: true }), mayRead: () => true },
    now,
  })
  ended.push(async () => server[Symbol.asyncDispose]())
  return server
}

describe("the network of this machine", () => {
  test("carries a record from a listener to somebody who dials it and knows its key", async () => {
    const secretKey = newKey()
    const server = serverFor(secretKey)
    const listening = await tcpNetwork.listen({ server, secretKey, host: "127.0.0.1", port: 0, signal: stop.signal })
    ended.unshift(() => listening.close())
    expect(listening.url).toBe(`mosaictcp://127.0.0.1:${listening.port}`)
    const author = newKey()
    const record = buildRecord({
      author: publicKeyOf(author),
      signer: author,
      kind: PROFILE,
      nonce: nonceFromTimestamp(now()),
      timestamp: now(),
      payload: Uint8Array.of(0xa0),
    })
    await server.submit(record)
    const channel = await tcpNetwork.dial({
      host: "127.0.0.1",
      port: listening.port,
      serverKey: publicKeyOf(secretKey),
      clientKey: newKey(),
      signal: stop.signal,
    })
    const connection = await connect(channel, { signal: stop.signal })
    ended.unshift(async () => connection[Symbol.asyncDispose]())
    const got = []
    for await (const one of connection.query({ authors: [publicKeyOf(author)] }, { signal: stop.signal })) got.push(one.id)
    expect(got).toEqual([record.id])
  })

  test("does not talk to another key than the one that was asked for", async () => {
    const secretKey = newKey()
    const listening = await tcpNetwork.listen({ server: serverFor(secretKey), secretKey, host: "127.0.0.1", port: 0, signal: stop.signal })
    ended.unshift(() => listening.close())
    await expect(
      tcpNetwork.dial({ host: "127.0.0.1", port: listening.port, serverKey: publicKeyOf(newKey()), signal: stop.signal }),
    ).rejects.toMatchObject({ name: "WrongServerError" })
  })

  test("says that a port is taken", async () => {
    const other = createTcpServer()
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve))
    const { port } = other.address() as AddressInfo
    const secretKey = newKey()
    const listening = tcpNetwork.listen({ server: serverFor(secretKey), secretKey, host: "127.0.0.1", port, signal: stop.signal })
    await expect(listening).rejects.toThrow(PortInUseError)
    await expect(listening).rejects.toMatchObject({ port })
    other.close()
  })
})
