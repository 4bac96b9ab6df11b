import { randomBytes } from "node:crypto"
import { concatBytes, equalBytes, hashBlob, resultName } from "@tessera/mosaic"
import type { Context } from "../context.ts"
import type { Rule } from "../rule.ts"
import { expectEqual, expectTrue, fail, skip } from "../verdict.ts"
import { readLittleEndian } from "../wire/bytes.ts"
import * as message from "../wire/message.ts"
import type { Peer } from "../wire/peer.ts"
import { TYPE } from "../wire/type.ts"

const SUBMISSION = "messages#blob-submission"
const GET = "messages#blob-get"
/** The most that fits the 48 bits of its length. */
const LONGEST = 2 ** 48 - 1

/** A connection of somebody whose blobs the server takes. @throws {RuleSkip} when it takes nobody's, such as one that is no outbox. */
async function publisher(context: Context): Promise<Peer> {
  const { secret } = await context.member()
  const peer = await context.open((await context.isOpen()) ? undefined : secret)
  const content = randomBytes(16)
  if ((await submit(peer, content, await hashBlob(content))) === "UNAUTHORIZED") skip("the server takes no blobs of its members")
  return peer
}

/** The answer of its type that names this blob. @throws {RuleSkip} where there are no blobs. */
async function answerTo(
  peer: Peer,
  hash: Uint8Array,
  type: typeof TYPE.BLOB_RESULT | typeof TYPE.BLOB_SUBMISSION_RESULT,
): Promise<Uint8Array> {
  const name = type === TYPE.BLOB_RESULT ? "BLOB Result" : "BLOB Submission Result"
  const answer = await peer.take(name, ([first]) => first === type || first === TYPE.UNRECOGNIZED)
  if (answer[0] === TYPE.UNRECOGNIZED) skip("the server keeps no blobs")
  expectTrue(equalBytes(answer.subarray(8, 40), hash), `the ${name} names another blob`)
  return answer
}

async function submit(peer: Peer, content: Uint8Array, hash: Uint8Array): Promise<string> {
  await peer.send(concatBytes(message.blobSubmission(content.length, hash), content))
  const answer = await answerTo(peer, hash, TYPE.BLOB_SUBMISSION_RESULT)
  return resultName(answer[1] ?? 0)
}

/** What the server has under this hash: its content, or the name of the result. */
async function got(peer: Peer, hash: Uint8Array): Promise<Uint8Array | string> {
  await peer.send(message.blobGet(hash))
  const answer = await answerTo(peer, hash, TYPE.BLOB_RESULT)
  const result = resultName(answer[1] ?? 0)
  if (result === "SUCCESS") return answer.subarray(40)
  expectEqual(readLittleEndian(answer, 2, 8), 0, `length of a BLOB Result with ${result}`)
  return result
}

async function expectNotFound(peer: Peer, hash: Uint8Array): Promise<void> {
  const answer = await got(peer, hash)
  expectEqual(typeof answer === "string" ? answer : `${answer.length} bytes`, "NOT_FOUND", "a blob that is not there")
}

async function expectContent(peer: Peer, hash: Uint8Array, content: Uint8Array): Promise<void> {
  const answer = await got(peer, hash)
  if (typeof answer === "string") fail(`a blob that was accepted gets ${answer}`)
  expectTrue(equalBytes(answer, content), `${answer.length} bytes that are not the ${content.length} that were submitted`)
}

async function store(peer: Peer, content: Uint8Array): Promise<Uint8Array> {
  const hash = await hashBlob(content)
  const result = await submit(peer, content, hash)
  if (result !== "ACCEPTED" && result !== "SUCCESS") fail(`a blob of ${content.length} bytes gets ${result}`)
  return hash
}

export const blob: readonly Rule[] = [
  {
    id: "blob-unknown",
    page: GET,
    level: "MUST",
    title: "BLOB Get of a hash that nobody has submitted gets NOT_FOUND, its hash and no content",
    async run(context) {
      const peer = await context.open()
      await expectNotFound(peer, randomBytes(32))
      await peer.expectAlive()
    },
  },
  {
    id: "blob-submitted",
    page: SUBMISSION,
    level: "MUST",
    title: "A blob that is submitted is accepted, and got as it was, byte for byte",
    async run(context) {
      const peer = await publisher(context)
      for (const length of [1, 65_537, 1_000_000]) {
        const content = randomBytes(length)
        await expectContent(peer, await store(peer, content), content)
      }
      await peer.expectAlive()
    },
  },
  {
    id: "blob-in-one-breath",
    page: SUBMISSION,
    level: "SETTLED",
    title: "A BLOB Get behind a submission on the same connection gets the blob",
    async run(context) {
      const peer = await publisher(context)
      const content = randomBytes(5_000)
      const hash = await hashBlob(content)
      await peer.send(concatBytes(message.blobSubmission(content.length, hash), content, message.blobGet(hash)))
      await answerTo(peer, hash, TYPE.BLOB_SUBMISSION_RESULT)
      const answer = await answerTo(peer, hash, TYPE.BLOB_RESULT)
      expectTrue(equalBytes(answer.subarray(40), content), `it brings ${resultName(answer[1] ?? 0)} and other content`)
    },
  },
  {
    id: "blob-for-everybody",
    page: "network#outbox",
    level: "SETTLED",
    title: "Whoever knows its hash gets a blob, without authentication",
    async run(context) {
      const content = randomBytes(100)
      const hash = await store(await publisher(context), content)
      await expectContent(await context.open(), hash, content)
    },
  },
  {
    id: "blob-duplicate",
    page: "messages#result-codes",
    level: "SETTLED",
    title: "A blob that is there already is a DUPLICATE",
    async run(context) {
      const peer = await publisher(context)
      const content = randomBytes(100)
      expectEqual(await submit(peer, content, await store(peer, content)), "DUPLICATE", "result")
    },
  },
  {
    id: "blob-wrong-hash",
    page: SUBMISSION,
    level: "SETTLED",
    title: "Content that does not have the hash it is submitted under is INVALID, is not kept, and the connection goes on",
    async run(context) {
      const peer = await publisher(context)
      const hash = randomBytes(32)
      for (const length of [0, 100, 70_000]) expectEqual(await submit(peer, randomBytes(length), hash), "INVALID", `${length} bytes`)
      await expectNotFound(peer, hash)
      await peer.expectAlive()
    },
  },
  {
    id: "blob-too-large",
    page: SUBMISSION,
    level: "SETTLED",
    title: "A blob that says it has 2^48 - 1 bytes gets BLOB Submission Result TOO_LARGE before any of them has come",
    async run(context) {
      const peer = await publisher(context)
      const hash = randomBytes(32)
      await peer.send(message.blobSubmission(LONGEST, hash))
      const answer = await answerTo(peer, hash, TYPE.BLOB_SUBMISSION_RESULT)
      expectEqual(resultName(answer[1] ?? 0), "TOO_LARGE", "result")
    },
  },
  {
    id: "blob-stranger",
    page: SUBMISSION,
    level: "SETTLED",
    title: "Where members are served, a blob of somebody who has not authenticated gets REQUIRES_AUTHENTICATION, a stranger's UNAUTHORIZED",
    async run(context) {
      if (await context.isOpen()) skip("the server is open to everybody")
      await publisher(context)
      const content = randomBytes(100)
      const hash = await hashBlob(content)
      expectEqual(await submit(await context.open(), content, hash), "REQUIRES_AUTHENTICATION", "anonymous")
      expectEqual(await submit(await context.open(context.stranger().secret), content, hash), "UNAUTHORIZED", "a stranger")
      await expectNotFound(await context.open(), hash)
    },
  },
]
