import { setTimeout as delay } from "node:timers/promises"
import { RESULT, encodeMessage, equalBytes, hashBlob } from "@tessera/mosaic"
import { expect, test } from "vitest"
import { temporaryFolder } from "../store/contract/folder.ts"
import { TcpRig } from "../testing/tcp-rig.test-suite.ts"
import type { RigOptions } from "../testing/rig.test-suite.ts"
import { contentOf } from "./contract/content.ts"
import { openFileBlobs } from "./files.ts"
import type { BlobStore } from "./port.ts"

const MIB = 1024 * 1024
const BIG = contentOf(12 * MIB + 5)
const BIG_HASH = await hashBlob(BIG)

async function withServer(act: (rig: TcpRig, blobs: BlobStore) => Promise<void>, options: RigOptions = {}): Promise<void> {
  await using folder = await temporaryFolder()
  await using blobs = await openFileBlobs({ folder: folder.path, key: new Uint8Array(32).fill(3) })
  await using rig = await new TcpRig({}, { blobs, ...options }).listen()
  await act(rig, blobs)
}

test("12 MiB go up and come down over TLS, through sealed files, while the server holds little", async () => {
  await withServer(async (rig) => {
    const peer = await (await rig.peer()).greet()
    let most = 0
    const watching = setInterval(() => (most = Math.max(most, rig.server.stats().heldBytes)), 1)
    void peer.submitBlob(BIG)
    expect(await peer.next()).toEqual({ type: "blobSubmissionResult", result: RESULT.ACCEPTED, hash: BIG_HASH })
    peer.send({ type: "blobGet", hash: BIG_HASH })
    const { content } = await peer.blob()
    clearInterval(watching)
    expect(content !== undefined && equalBytes(content, BIG)).toBe(true)
    expect(most).toBeGreaterThan(0)
    expect(most).toBeLessThan(MIB)
  })
})

test("a slow reader of a blob holds little, nobody else up, and ends when it stops", async () => {
  await withServer(
    async (rig, blobs) => {
      const peer = await (await rig.peer()).greet()
      void peer.submitBlob(BIG)
      await peer.next()
      const sockets = await Promise.all(Array.from({ length: 20 }, () => rig.tls()))
      global.gc?.()
      const before = process.memoryUsage().arrayBuffers
      for (const socket of sockets) {
        socket.pause()
        socket.write(encodeMessage({ type: "hello", version: 0, applications: [] }))
        for (let gets = 0; gets < 5; gets += 1) socket.write(encodeMessage({ type: "blobGet", hash: BIG_HASH }))
      }
      while (rig.server.stats().heldBytes < 20 * 256 * 1024) await delay(5)
      await delay(100)
      expect(rig.server.stats().heldBytes).toBeLessThan(20 * MIB)
      // What 20 times 5 times 12 MiB would take is not there.
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100 * MIB)
      peer.send({ type: "blobGet", hash: BIG_HASH })
      expect((await peer.blob()).content?.length).toBe(BIG.length)
      while (rig.server.stats().connections > 1) await delay(20)
      expect(rig.events).toContainEqual(expect.objectContaining({ type: "disconnected", reason: "the peer does not read" }))
      expect(rig.server.stats().heldBytes).toBe(0)
      expect(blobs.usage()).toMatchObject({ blobs: 1, reserved: 0 })
    },
    { limits: { writeMs: 1_000 } },
  )
})

test("a connection that breaks in the middle of a blob leaves nothing of it", async () => {
  await withServer(async (rig, blobs) => {
    const socket = await rig.tls()
    socket.write(encodeMessage({ type: "hello", version: 0, applications: [] }))
    socket.write(encodeMessage({ type: "blobSubmission", length: BIG.length, hash: BIG_HASH }))
    socket.write(BIG.subarray(0, 5 * MIB))
    while (blobs.usage().reserved < 4 * MIB) await delay(5)
    socket.destroy()
    await rig.quiet()
    expect(blobs.usage()).toMatchObject({ blobs: 0, reserved: 0 })
    const peer = await (await rig.peer()).greet()
    void peer.submitBlob(BIG)
    expect(await peer.next()).toMatchObject({ result: RESULT.ACCEPTED })
  })
})
