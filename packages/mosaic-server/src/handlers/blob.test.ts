import { setTimeout as delay } from "node:timers/promises"
import { type BlobHash, type Message, RESULT, concatBytes, encodeMessage, equalBytes, hashBlob } from "@tessera/mosaic"
import { describe, expect, it } from "vitest"
import { contentOf, download, upload } from "../blobs/contract/content.ts"
import { openMemoryBlobs } from "../blobs/memory.ts"
import type { BlobStore } from "../blobs/port.ts"
import { MemberList } from "../policy/members.ts"
import { rolesPolicy } from "../policy/roles.ts"
import { StorageError } from "../store/port.ts"
import { persona, schedule, write } from "../testing/personas.test-suite.ts"
import type { RawPeer } from "../testing/raw-peer.test-suite.ts"
import { Rig, type RigOptions } from "../testing/rig.test-suite.ts"

const [ann, bob] = [persona(1), persona(2)]
const CHUNK = 64 * 1024
const UNKNOWN = await hashBlob(contentOf(1, 77))

const get = (hash: Uint8Array): Message => ({ type: "blobGet", hash })
const submitted = (hash: Uint8Array, result: number): Message => ({ type: "blobSubmissionResult", result, hash })
const refused = (hash: Uint8Array, result: number): Message => ({ type: "blobResult", result, length: 0, hash })

/** A rig with blobs in memory, unless a test brings a store of its own. */
function rigWith(options: RigOptions = {}): Rig & { readonly blobs: BlobStore } {
  const blobs = options.blobs ?? openMemoryBlobs()
  return Object.assign(new Rig({ ...options, blobs }), { blobs })
}

/** Submits, and gives the code. */
async function submit(
  peer: RawPeer,
  content: Uint8Array,
  header: Parameters<RawPeer["submitBlob"]>[1] = {},
): Promise<number | string | undefined> {
  void peer.submitBlob(content, header)
  const answer = await peer.next()
  return answer?.type === "blobSubmissionResult" ? answer.result : answer?.type
}

describe("a blob", () => {
  it("is got as it was submitted, whatever its length", async () => {
    await using rig = rigWith()
    const peer = await rig.connect()
    for (const length of [0, 1, CHUNK, CHUNK + 1, 500_000]) {
      const content = contentOf(length, length)
      const hash = await hashBlob(content)
      void peer.submitBlob(content)
      expect(await peer.next()).toEqual(submitted(hash, RESULT.ACCEPTED))
      peer.send(get(hash))
      const { message, content: got } = await peer.blob()
      expect(message).toEqual({ type: "blobResult", result: RESULT.SUCCESS, length, hash })
      expect(equalBytes(got ?? contentOf(3), content)).toBe(true)
    }
    await peer.arrived()
    expect(rig.server.stats().heldBytes).toBe(0)
  })

  it("that is there already is a DUPLICATE, and one that is not there NOT_FOUND", async () => {
    await using rig = rigWith()
    const peer = await rig.connect()
    expect(await submit(peer, contentOf(9))).toBe(RESULT.ACCEPTED)
    expect(await submit(peer, contentOf(9))).toBe(RESULT.DUPLICATE)
    expect(await peer.ask(get(UNKNOWN), "blobResult")).toEqual([refused(UNKNOWN, RESULT.NOT_FOUND)])
  })

  it("that does not have its hash is INVALID and not kept; the connection goes on", async () => {
    await using rig = rigWith()
    const peer = await rig.connect()
    for (const length of [0, 10, CHUNK + 1]) expect(await submit(peer, contentOf(length), { hash: UNKNOWN })).toBe(RESULT.INVALID)
    expect(await peer.ask(get(UNKNOWN), "blobResult")).toEqual([refused(UNKNOWN, RESULT.NOT_FOUND)])
    expect(rig.blobs.usage()).toMatchObject({ blobs: 0, reserved: 0 })
    expect(rig.events).toContainEqual(expect.objectContaining({ type: "refused", code: RESULT.INVALID }))
    expect(await submit(peer, contentOf(10))).toBe(RESULT.ACCEPTED)
  })

  it("is got by who submitted it just before, in one breath", async () => {
    await using rig = rigWith()
    const peer = await rig.connect()
    const content = contentOf(30_000)
    const hash = await hashBlob(content)
    peer.sendBytes(concatBytes(encodeMessage({ type: "blobSubmission", length: content.length, hash }), content, encodeMessage(get(hash))))
    expect(await peer.next()).toEqual(submitted(hash, RESULT.ACCEPTED))
    expect((await peer.blob()).content).toEqual(content)
  })

  it("goes out whole, whatever else is said meanwhile", async () => {
    await using rig = rigWith()
    const content = contentOf(1_000_000)
    await upload(rig.blobs, content)
    const peer = await rig.connect()
    await peer.ask({ type: "subscribe", queryId: 1, limit: 0, filter: { authors: [ann.key] } }, "locallyComplete")
    peer.send(get(await hashBlob(content)), get(UNKNOWN), { type: "unsubscribe", queryId: 9 })
    await rig.server.submit(write(ann))
    // Whatever comes first: what is not there is answered after the blob that was asked for before it.
    const messages = [await peer.next(), await peer.next(), await peer.next(), await peer.next()]
    expect(new Set(messages.map((message) => message?.type))).toEqual(new Set(["blobResult", "queryClosed", "record"]))
    expect(equalBytes(peer.contents[0] ?? contentOf(1), content)).toBe(true)
  })
})

describe("a blob that is not wanted", () => {
  it("is TOO_LARGE at once, before it comes, and passed over when it does", async () => {
    await using rig = rigWith({ limits: { blobBytes: 1_000 } })
    const peer = await rig.connect()
    const content = contentOf(1_001)
    const hash = await hashBlob(content)
    peer.send({ type: "blobSubmission", length: 1_001, hash })
    expect(await peer.next()).toEqual(submitted(hash, RESULT.TOO_LARGE))
    peer.sendBytes(content)
    expect(await submit(peer, contentOf(1_000))).toBe(RESULT.ACCEPTED)
    expect(await rig.blobs.has(hash)).toBe(false)
  })

  it("ends the connection when it is too long to be passed over", async () => {
    await using rig = rigWith({ limits: { blobBytes: 1_000, skippedBlobBytes: 5_000 } })
    const peer = await rig.connect()
    peer.send({ type: "blobSubmission", length: 2 ** 48 - 1, hash: UNKNOWN })
    expect(await peer.next()).toEqual(submitted(UNKNOWN, RESULT.TOO_LARGE))
    expect(await peer.next()).toEqual({ type: "closing", result: RESULT.TOO_LARGE })
    expect(await peer.next()).toBeUndefined()
  })

  it("is one of a stranger, where members are served", async () => {
    const policy = rolesPolicy({ roles: new Set(["outbox", "inbox", "encryption"]), members: new MemberList([ann.key]) })
    await using rig = rigWith({ policy })
    await rig.server.submit(schedule(ann))
    const content = contentOf(50)
    for (const [key, code] of [
      [undefined, RESULT.REQUIRES_AUTHENTICATION],
      [bob.key, RESULT.UNAUTHORIZED],
      [ann.deviceKey, RESULT.ACCEPTED],
      [ann.key, RESULT.DUPLICATE],
    ] as const)
      expect(await submit(await rig.connect(key), content)).toBe(code)
    // Whoever knows its hash may have it.
    const stranger = await rig.connect()
    stranger.send(get(await hashBlob(content)))
    expect((await stranger.blob()).content).toEqual(content)
  })

  it("is every one where no policy says anything of blobs, or none are kept", async () => {
    await using silent = rigWith({ policy: { admit: () => ({ ok: true }), mayRead: () => true } })
    expect(await submit(await silent.connect(), contentOf(5))).toBe(RESULT.UNAUTHORIZED)
    await using without = new Rig()
    const peer = await without.connect()
    expect(await submit(peer, contentOf(5))).toBe("unrecognized")
    expect(await peer.ask(get(UNKNOWN), "unrecognized")).toHaveLength(1)
  })

  it("comes too fast", async () => {
    await using rig = rigWith({ limits: { submissionBurst: 1, submissionsPerSecond: 0 } })
    const peer = await rig.connect()
    expect([await submit(peer, contentOf(5)), await submit(peer, contentOf(6))]).toEqual([RESULT.ACCEPTED, RESULT.TOO_FAST])
  })
})

describe("a store that refuses", () => {
  it("is a TEMPORARY_ERROR when it is full, at the beginning or in the middle, and the connection goes on", async () => {
    await using rig = rigWith({ blobs: openMemoryBlobs({ budget: 300_000 }) })
    const peer = await rig.connect()
    expect(await submit(peer, contentOf(400_000))).toBe(RESULT.TEMPORARY_ERROR)
    // Both fit when they are announced.
    const late = await rig.connect()
    const content = contentOf(200_000, 2)
    const hash = await hashBlob(content)
    late.sendBytes(concatBytes(encodeMessage({ type: "blobSubmission", length: content.length, hash }), content.subarray(0, 10)))
    while (rig.blobs.usage().reserved === 0) await delay(5)
    expect(await submit(peer, contentOf(200_000))).toBe(RESULT.ACCEPTED)
    late.sendBytes(content.subarray(10))
    expect(await late.next()).toEqual(submitted(hash, RESULT.TEMPORARY_ERROR))
    expect(await submit(late, contentOf(9))).toBe(RESULT.ACCEPTED)
    expect(rig.events).toContainEqual(expect.objectContaining({ type: "failed", doing: "storing a blob" }))
    expect(rig.blobs.usage().blobs).toBe(2)
  })

  it("is a TEMPORARY_ERROR wherever it fails, and nothing stays held", async () => {
    const failure = (): Promise<never> => Promise.reject(new StorageError("failed", "the disk is gone"))
    for (const broken of ["begin", "write", "commit", "open"] as const) {
      const inner = openMemoryBlobs()
      const blobs: BlobStore = {
        ...inner,
        begin: async (hash: BlobHash, length: number) => {
          if (broken === "begin") return failure()
          const writer = await inner.begin(hash, length)
          return {
            write: (bytes) => (broken === "write" ? failure() : writer.write(bytes)),
            commit: () => (broken === "commit" ? failure() : writer.commit()),
            [Symbol.asyncDispose]: () => writer[Symbol.asyncDispose](),
          }
        },
        open: (hash) => (broken === "open" ? failure() : inner.open(hash)),
      }
      await using rig = rigWith({ blobs })
      const peer = await rig.connect()
      const content = contentOf(2 * CHUNK)
      expect(await submit(peer, content)).toBe(broken === "open" ? RESULT.ACCEPTED : RESULT.TEMPORARY_ERROR)
      if (broken === "open") expect(await peer.ask(get(UNKNOWN), "blobResult")).toEqual([refused(UNKNOWN, RESULT.TEMPORARY_ERROR)])
      expect((await peer.arrived()).length).toBe(0)
      expect(rig.server.stats().heldBytes).toBe(0)
      expect(rig.events.filter(({ type }) => type === "failed")).toHaveLength(1)
    }
  })

  it("ends the connection when a blob cannot be read to its end", async () => {
    const inner = openMemoryBlobs()
    await upload(inner, contentOf(4 * CHUNK))
    const blobs: BlobStore = {
      ...inner,
      open: async (hash) => {
        const blob = await inner.open(hash)
        if (blob === undefined) return undefined
        return {
          length: blob.length,
          pieces: (async function* () {
            yield contentOf(CHUNK)
            throw new StorageError("corrupt", "a blob's file is damaged")
          })(),
          [Symbol.asyncDispose]: () => blob[Symbol.asyncDispose](),
        }
      },
    }
    await using rig = rigWith({ blobs })
    const peer = await rig.connect()
    peer.send(get(await hashBlob(contentOf(4 * CHUNK))))
    expect((await peer.blob()).content).toBeUndefined()
    expect(await peer.next()).toBeUndefined()
    expect(rig.events).toContainEqual(expect.objectContaining({ type: "failed", doing: "reading a blob" }))
  })
})

describe("a peer who", () => {
  it("leaves in the middle of a blob leaves nothing of it", async () => {
    await using rig = rigWith()
    const peer = await rig.connect()
    peer.sendBytes(encodeMessage({ type: "blobSubmission", length: 300_000, hash: UNKNOWN }))
    peer.sendBytes(contentOf(200_000))
    while (rig.blobs.usage().reserved === 0) await delay(5)
    expect(rig.server.stats().heldBytes).toBeGreaterThan(CHUNK)
    await peer.channel.close()
    while (rig.server.stats().connections > 0) await delay(5)
    expect(rig.blobs.usage()).toMatchObject({ blobs: 0, reserved: 0 })
    expect(rig.server.stats().heldBytes).toBe(0)
  })

  it("does not go on with a blob is closed in time, and one who does is not", async () => {
    await using rig = rigWith({ limits: { frameMs: 100 } })
    const [still, slow] = [await rig.connect(), await rig.connect()]
    const content = contentOf(8 * CHUNK)
    const hash = await hashBlob(content)
    const header = encodeMessage({ type: "blobSubmission", length: content.length, hash })
    still.sendBytes(concatBytes(header, content.subarray(0, CHUNK)))
    slow.sendBytes(header)
    for (let at = 0; at < content.length; at += CHUNK) {
      slow.sendBytes(content.subarray(at, at + CHUNK))
      await delay(40)
    }
    expect(await slow.next()).toEqual(submitted(hash, RESULT.ACCEPTED))
    expect(await still.next()).toEqual({ type: "closing", result: RESULT.TEMPORARY_ERROR })
  })

  it("asks for more blobs than it takes is TOO_FAST beyond a bound; the others are answered in order", async () => {
    await using rig = rigWith({ limits: { blobGets: 3 } })
    const content = contentOf(300_000)
    const hash = await hashBlob(content)
    await upload(rig.blobs, content)
    const peer = await rig.connect()
    peer.sendBytes(concatBytes(...Array.from({ length: 7 }, () => encodeMessage(get(hash)))))
    // All are asked for before the first is taken.
    await delay(50)
    const results: number[] = []
    while (results.length < 7) {
      const message = await peer.next()
      if (message?.type === "blobResult") results.push(message.result)
    }
    await peer.arrived()
    expect(peer.contents).toHaveLength(4)
    expect(results.filter((result) => result === RESULT.TOO_FAST)).toHaveLength(3)
    expect(results.filter((result) => result === RESULT.SUCCESS)).toHaveLength(4)
  })

  it("submits many at once gets an answer for each", async () => {
    await using rig = rigWith()
    const peer = await rig.connect()
    const contents = Array.from({ length: 50 }, (_, seed) => contentOf(2_000, seed))
    for (const content of contents) void peer.submitBlob(content)
    const answers = []
    for (const _ of contents) answers.push(await peer.next())
    expect(answers.every((answer) => answer?.type === "blobSubmissionResult" && answer.result === RESULT.ACCEPTED)).toBe(true)
    for (const content of contents) expect(await download(rig.blobs, await hashBlob(content))).toEqual(content)
  })
})
