import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createServer, rolesPolicy, syncSide } from "@tessera/mosaic-server"
import { openSqliteStore } from "@tessera/mosaic-server/sqlite"
import { listenTcp } from "@tessera/mosaic-server/tcp"
import { toHex } from "@tessera/mosaic"
import { expect, test } from "vitest"
import { connect } from "../connection/connection.ts"
import { NOON, keyOf, secretOf, write } from "../testing.test-suite.ts"
import { dialTcp } from "../transport/tcp.ts"
import { sync } from "./sync.ts"

const signal = AbortSignal.timeout(30_000)
const filter = { authors: [keyOf(1)] }
const now = () => NOON

test("a sync over TCP between two encrypted stores on disk leaves the same in both", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tessera-sync-"))
  try {
    const key = new Uint8Array(32).fill(9)
    await using mine = await openSqliteStore({ path: join(folder, "mine.db"), key, now })
    await using theirs = await openSqliteStore({ path: join(folder, "theirs.db"), key, now })
    const records = Array.from({ length: 150 }, () => write(1))
    await mine.put(records.slice(0, 100))
    await theirs.put(records.slice(50))
    const policy = rolesPolicy({ roles: new Set(["outbox"]), members: "everybody" })
    await using server = createServer({ store: theirs, serverKey: keyOf(200), policy, now })
    const listener = await listenTcp({ server, secretKey: secretOf(200), host: "127.0.0.1", port: 0 })
    await using connection = await connect(await dialTcp({ host: "127.0.0.1", port: listener.port, serverKey: keyOf(200) }))
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
