import { connect as connectTls } from "node:tls"
import { connect } from "@tessera/mosaic-client"
import { dialWebSocket } from "@tessera/mosaic-client/websocket"
import { parseServerKey } from "@tessera/mosaic"
import { expect, test } from "vitest"
import { PEBBLE_CA_FILE, Pebble, freePort } from "../../apps/cli/src/acme/pebble.test-suite.ts"
import { Folder, RunningTessera } from "./tessera.ts"

const issuerAt = (port: number): Promise<string | undefined> =>
  new Promise((resolve, reject) => {
    const socket = connectTls({ host: "127.0.0.1", port, servername: "localhost", rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.issuer)
      socket.destroy()
    })
    socket.on("error", reject)
  })

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 100))
}

test("serve --acme gets a certificate, and has it at once when it starts again, although the authority is away", async () => {
  await using folder = await Folder.make()
  const port = await freePort()
  const trusting = { NODE_EXTRA_CA_CERTS: PEBBLE_CA_FILE }
  const serving = ["serve", "--data", folder.path, "--listen", `mosaicwss://[::]:${port}`, "--open", "--json"]
  const words = (directory: string) => [...serving, "--acme", "LOCALHOST", "--acme-directory", directory, "--acme-email", "ann@example.org"]
  let directory: string
  let serverKey: string
  {
    await using pebble = await Pebble.start({ tlsPort: port })
    directory = pebble.directory
    const server = await RunningTessera.start(words(directory), trusting)
    serverKey = String(server.ready["serverKey"])
    await until(async () => (await issuerAt(port))?.includes("Pebble") === true)
    const { code, stderr } = await server.end()
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/^tessera serve: there is a new certificate for localhost, good until \d{4}-.*\n$/),
    ])
  }
  await using again = await RunningTessera.start(words(directory), trusting)
  expect(again.ready["serverKey"]).toBe(serverKey)
  expect(await issuerAt(port)).toContain("Pebble")
})

test("serve --acme serves with its own certificate while there is no other, and says why", async () => {
  await using folder = await Folder.make()
  const directory = `https://127.0.0.1:${await freePort()}/dir`
  const words = ["serve", "--data", folder.path, "--listen", "mosaicwss://127.0.0.1:0", "--open", "--json"]
  const server = await RunningTessera.start([...words, "--acme", "example.org", "--acme-directory", directory])
  const [url = ""] = server.ready["urls"] as string[]
  const serverKey = parseServerKey(String(server.ready["serverKey"]))
  {
    await using connection = await connect(await dialWebSocket({ url: `wss://${new URL(url).host}/`, serverKey }))
    expect(await Array.fromAsync(connection.query({}, { limit: 1 }))).toEqual([])
  }
  const { code, stderr } = await server.end()
  expect(code).toBe(0)
  expect(stderr).toMatch(/no new certificate for example\.org: the authority cannot be reached: .*ECONNREFUSED.*tried again at 2/)
})
