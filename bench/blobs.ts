import { randomBytes } from "node:crypto"
import { mkdtemp, rm } from "node:fs/promises"
import { type AddressInfo, connect as connectTcp, createServer as createTcpServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { hashBlob, parseSecretKey, publicKeyOf, timestampFromUnixMillis } from "@tessera/mosaic"
import { connect } from "@tessera/mosaic-client"
import { dialTcp } from "@tessera/mosaic-client/tcp"
import { createServer, openMemoryStore, rolesPolicy } from "@tessera/mosaic-server"
import { openFileBlobs } from "@tessera/mosaic-server/blob-files"
import { listenTcp } from "@tessera/mosaic-server/tcp"
import { median, type Row } from "./row.ts"

const MIB = 1024 * 1024
const LENGTH = 16 * MIB
const ROUNDS = 5

const home = parseSecretKey(randomBytes(32))
const now = () => timestampFromUnixMillis(Date.now())

/** Blobs of 16 MiB up and down over TLS, through sealed files, server and client in this process; beside their hash alone and a plain TCP line. */
export async function run(): Promise<readonly Row[]> {
  const folder = await mkdtemp(join(tmpdir(), "tessera-bench-"))
  try {
    await using blobs = await openFileBlobs({ folder, key: randomBytes(32) })
    await using store = openMemoryStore({ now })
    const policy = rolesPolicy({ roles: new Set(["outbox"]), members: "everybody" })
    await using server = createServer({ store, blobs, serverKey: publicKeyOf(home), policy, now })
    const listener = await listenTcp({ server, secretKey: home, host: "127.0.0.1", port: 0 })
    await using connection = await connect(await dialTcp({ host: "127.0.0.1", port: listener.port, serverKey: publicKeyOf(home) }))
    const contents = Array.from({ length: ROUNDS }, () => randomBytes(LENGTH))
    const hashes = await Promise.all(contents.map(hashBlob))
    const up = await pace(async (round) => {
      const [content, hash] = [contents[round], hashes[round]]
      if (content !== undefined && hash !== undefined) await connection.submitBlob({ hash, length: LENGTH, content: [content] })
    })
    const down = await pace(async (round) => {
      const hash = hashes[round]
      if (hash !== undefined) for await (const _ of connection.getBlob(hash));
    })
    const hash = await pace(async (round) => void (await hashBlob(contents[round] ?? new Uint8Array())))
    const tcp = await plainTcp(contents[0] ?? new Uint8Array())
    await listener.close()
    const unit = "MB/s"
    const note = `${LENGTH / MIB} MiB, loopback, TLS 1.3, hashed on both sides, median of ${ROUNDS}`
    return [
      { name: "blob up", value: up, unit, reference: { name: "plain TCP", value: tcp }, durability: "sealed file, fsync", note },
      { name: "blob down", value: down, unit, reference: { name: "plain TCP", value: tcp }, note },
      { name: "blob down", value: down, unit, reference: { name: "hash alone", value: hash }, note },
    ]
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** The median of some rounds, in megabytes a second. */
async function pace(act: (round: number) => Promise<void>): Promise<number> {
  const paces: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now()
    await act(round)
    paces.push(LENGTH / 1_000 / (performance.now() - start))
  }
  return median(paces)
}

async function plainTcp(content: Uint8Array): Promise<number> {
  const listener = createTcpServer((socket) => void socket.resume().on("end", () => socket.end("done")))
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve))
  const { port } = listener.address() as AddressInfo
  const value = await pace(async () => {
    const socket = connectTcp({ host: "127.0.0.1", port })
    socket.end(content)
    await new Promise((resolve) => socket.once("data", resolve))
    socket.destroy()
  })
  listener.close()
  return value
}
