import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type MosaicServer, createServer, rolesPolicy, syncSide } from "@tessera/mosaic-server"
import { openSqliteStore } from "@tessera/mosaic-server/sqlite"
import { listenTcp } from "@tessera/mosaic-server/tcp"
import { listenWebSocket } from "@tessera/mosaic-server/websocket"
import { toHex } from "@tessera/mosaic"
import { expect, test } from "vitest"
import { connect } from "../connection/connection.ts"
import { NOON, keyOf, secretOf, write } from "../testing.test-suite.ts"
import { dialBrowser } from "../transport/browser.ts"
import { dialTcp } from "../transport/tcp.ts"
import { dialWebSocket } from "../transport/websocket.ts"
import { sync } from "./sync.ts"

const signal = AbortSignal.timeout(30_000)
const filter = { authors: [keyOf(1)] }
const now = () => NOON
const serverKey = keyOf(200)
const place = { secretKey: secretOf(200), host: "127.0.0.1", port: 0 }

/** Listens, and gives how to dial and how to stop. */
const TRANSPORTS = {
  "TLS over TCP": async (server: MosaicServer) => {
    const listener = await listenTcp({ server, ...place })
    return { listener, dial: () => dialTcp({ host: place.host, port: listener.port, serverKey }) }
  },
  WebSocket: async (server: MosaicServer) => {
    const listener = await listenWebSocket({ server, ...place, tls: "selfSigned" })
    return { listener, dial: () => dialWebSocket({ url: `wss://${place.host}:${listener.port}/`, serverKey }) }
  },
  "WebSocket as a page uses it": async (server: MosaicServer) => {
    const listener = await listenWebSocket({ server, ...place, tls: "proxy" })
    return { listener, dial: () => dialBrowser({ url: `ws://${place.host}:${listener.port}/`, serverKey }) }
  },
}

test.for(Object.entries(TRANSPORTS))("a sync over %s between two encrypted stores on disk leaves the same in both", async ([, open]) => {
  const folder = await mkdtemp(join(tmpdir(), "tessera-sync-"))
  try {
    const key = new Uint8Array(32).fill(9)
    await using mine = await openSqliteStore({ path: join(folder, "mine.db"), key, now })
    await using theirs = await openSqliteStore({ path: join(folder, "theirs.db"), key, now })
    const records = Array.from({ length: 150 }, () => write(1))
    await mine.put(records.slice(0, 100))
    await theirs.put(records.slice(50))
    const policy = rolesPolicy({ roles: new Set(["outbox"]), members: "everybody" })
    await using server = createServer({ store: theirs, serverKey, policy, now })
    const { listener, dial } = await open(server)
    await using connection = await connect(await dial())
    const outcome = await sync(connection, { filter, local: syncSide(mine), direction: "both", signal })
    expect(outcome).toMatchObject({ downloaded: 50, missing: 0, uploaded: 50, present: 0 })
    const [here, there]: [string[], string[]] = [[], []]
    for await (const id of syncSide(mine).ids(filter, signal)) here.push(toHex(id))
    for await (const id of syncSide(theirs).ids(filter, signal)) there.push(toHex(id))
    expect(here).toHaveLength(150)
    expect(there).toEqual(here)
    await listener.close()
  } finally {
    await rm(folder, { recursive: true })
  }
})
