import assert from "node:assert/strict"
import { randomInt } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { RESULT, type RecordId, parseServerKey } from "@tessera/mosaic"
import { type MosaicConnection, connect } from "@tessera/mosaic-client"
import { dialTcp } from "@tessera/mosaic-client/tcp"
import { note } from "./note.ts"
import { Folder, RunningTessera } from "./tessera.ts"

const WRITERS = 4
/** How long a round waits for what it wants acknowledged before the kill. */
const MOST_MS = 10_000
/** Of one Get. */
const AT_ONCE = 500

export interface ServerCrashFigures {
  readonly kills: number
  readonly acknowledged: number
}

/**
 * Kills `./tessera serve` with SIGKILL while four connections submit to it, again and again in the same folder, and asks it after each start for all
 * that it had acknowledged just before; at the end for all that it ever had.
 *
 * @throws {AssertionError} when a record is missing that was acknowledged.
 */
export async function crashServerRounds(
  rounds: number,
  onRound: (figures: ServerCrashFigures) => void = () => {},
): Promise<ServerCrashFigures> {
  await using folder = await Folder.make()
  const acknowledged: RecordId[] = []
  let checked = 0
  for (let round = 1; round <= rounds; round += 1) {
    await using server = await start(folder.path)
    await assertServed(server, acknowledged.slice(checked))
    checked = acknowledged.length
    const killed = new AbortController()
    const writing = Array.from({ length: WRITERS }, () => write(server, acknowledged, killed.signal))
    // At least a few each time, however busy the machine is.
    const enough = acknowledged.length + randomInt(1, 40)
    for (let waited = 0; acknowledged.length < enough && waited < MOST_MS; waited += 5) await sleep(5)
    const { code } = await server.end("SIGKILL")
    assert.equal(code, null, "it ended before it was killed")
    killed.abort()
    await Promise.all(writing)
    onRound({ kills: round, acknowledged: acknowledged.length })
  }
  await using server = await start(folder.path)
  await assertServed(server, acknowledged)
  return { kills: rounds, acknowledged: acknowledged.length }
}

const start = (folder: string): Promise<RunningTessera> =>
  RunningTessera.start(["serve", "--data", folder, "--listen", "mosaictcp://127.0.0.1:0", "--open", "--json"])

async function reach(server: RunningTessera, signal: AbortSignal): Promise<MosaicConnection> {
  const { hostname: host, port } = new URL((server.ready["urls"] as string[])[0] ?? "")
  const serverKey = parseServerKey(String(server.ready["serverKey"]))
  return connect(await dialTcp({ host, port: Number(port), serverKey, signal }), { signal })
}

/** Submits until the server is gone, and notes what it took. */
async function write(server: RunningTessera, acknowledged: RecordId[], killed: AbortSignal): Promise<void> {
  const signal = AbortSignal.any([killed, AbortSignal.timeout(30_000)])
  try {
    await using connection = await reach(server, signal)
    for (;;) {
      const record = note(new Uint8Array(acknowledged.length % 9 === 0 ? 20_000 : 100))
      const { code } = await connection.submit(record, { signal })
      if (code === RESULT.ACCEPTED || code === RESULT.SUCCESS) acknowledged.push(record.id)
      else await sleep(20)
    }
  } catch (error) {
    // It was killed, which its connections notice before we do; anything else is told by the kill's own check, or by nothing being acknowledged.
    if (error instanceof assert.AssertionError) throw error
  }
}

async function assertServed(server: RunningTessera, ids: readonly RecordId[]): Promise<void> {
  const signal = AbortSignal.timeout(60_000)
  await using connection = await reach(server, signal)
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    const asked = ids.slice(at, at + AT_ONCE).map((id) => Buffer.from(id).toString("hex"))
    const got = new Set<string>()
    for await (const { id } of connection.get(ids.slice(at, at + AT_ONCE), { signal })) got.add(Buffer.from(id).toString("hex"))
    assert.deepEqual(
      asked.filter((id) => !got.has(id)),
      [],
      "acknowledged and lost",
    )
  }
}
