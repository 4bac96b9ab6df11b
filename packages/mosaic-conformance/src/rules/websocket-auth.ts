import { DecodeError, type PublicKey, VerifyError, concatBytes, equalBytes, prehash, sign, verify } from "@tessera/mosaic"
import type { Person } from "../cast/person.ts"
import type { Context } from "../context.ts"
import type { Rule } from "../rule.ts"
import { expectEqual, expectTrue, fail } from "../verdict.ts"
import { zeros } from "../wire/bytes.ts"
import * as message from "../wire/message.ts"
import { type Peer, describe } from "../wire/peer.ts"
import { HEADER, dialWebSocket, helloAuth, helloHeaders, newNonce, serverKeyOf, serverProofText } from "../wire/websocket-hello.ts"
import { TYPE } from "../wire/type.ts"

const transport = "websocket"
const page = "websockets#hello-auth"
const browsers = "websockets#hello"

/** A connection of somebody who has said in headers who they are, and the nonce for their proof. */
async function claim(context: Context, person: Person): Promise<{ readonly peer: Peer; readonly nonce: string }> {
  const wire = await dialWebSocket(context.target, helloHeaders(person.secret))
  const nonce = wire.upgrade.headers.get(HEADER.clientNonce) ?? fail("there is no nonce to authenticate with")
  return { peer: context.talkOver(wire), nonce }
}

async function expectTaken(peer: Peer): Promise<void> {
  const answer = await peer.next()
  expectTrue(answer?.[0] === TYPE.HELLO_ACK && answer[4] === 1, `it gets ${answer === undefined ? "the end" : describe(answer)}`)
}

const expectRefused = async (peer: Peer): Promise<void> => expectEqual(await peer.end(), "UNAUTHORIZED", "Closing")

/** Says Hello as a page does. */
async function openAsPage(context: Context): Promise<Peer> {
  const peer = await context.dial()
  await peer.send(message.hello([0, 1]))
  await peer.takeType(TYPE.HELLO_ACK)
  return peer
}

/** Identify, and what the server says of itself, checked. */
async function identify(peer: Peer, key: Uint8Array, serverKey: PublicKey): Promise<string> {
  const nonce = Buffer.from(newNonce(), "base64url")
  await peer.send(message.framed(TYPE.IDENTIFY, zeros(4), key, nonce))
  const identity = await peer.takeType(TYPE.IDENTITY)
  expectTrue(equalBytes(identity.subarray(8, 40), serverKey), "Identity names another key than the server's")
  try {
    verify(identity.subarray(72), prehash(serverProofText(nonce.toString("base64url"))), serverKey)
  } catch (error) {
    if (error instanceof VerifyError || error instanceof DecodeError) fail(`the proof in Identity does not hold: ${error.reason}`)
    throw error
  }
  return Buffer.from(identity.subarray(40, 72)).toString("base64url")
}

const rules: readonly Omit<Rule, "level" | "transport">[] = [
  {
    id: "websocket-auth",
    page,
    title: "Hello Auth with the right signature gets Hello Ack SUCCESS",
    async run(context) {
      const person = context.stranger()
      const { peer, nonce } = await claim(context, person)
      await peer.send(helloAuth(person.secret, serverKeyOf(context.target), nonce))
      await expectTaken(peer)
      await peer.expectAlive()
    },
  },
  {
    id: "websocket-auth-wrong",
    page,
    title: "Wrong signatures get Closing UNAUTHORIZED: of somebody else, of the bare nonce, for another server, of another nonce",
    async run(context) {
      const [serverKey, person] = [serverKeyOf(context.target), context.stranger()]
      const proofs: readonly ((nonce: string) => Uint8Array)[] = [
        (nonce) => helloAuth(context.stranger().secret, serverKey, nonce),
        (nonce) => message.framed(TYPE.HELLO_AUTH, zeros(4), sign(prehash(Buffer.from(nonce)), person.secret)),
        (nonce) => helloAuth(person.secret, context.stranger().key, nonce),
        () => helloAuth(person.secret, serverKey, newNonce()),
        () => message.framed(TYPE.HELLO_AUTH, zeros(4), zeros(64)),
      ]
      for (const prove of proofs) {
        const { peer, nonce } = await claim(context, person)
        await peer.send(prove(nonce))
        await expectRefused(peer)
      }
    },
  },
  {
    id: "websocket-auth-replayed",
    page,
    title: "A proof is good once: said again, or on another connection, it gets Closing UNAUTHORIZED",
    async run(context) {
      const [serverKey, person] = [serverKeyOf(context.target), context.stranger()]
      const { peer, nonce } = await claim(context, person)
      const proof = helloAuth(person.secret, serverKey, nonce)
      await peer.send(proof)
      await expectTaken(peer)
      await peer.send(proof)
      await expectRefused(peer)
      const other = await claim(context, person)
      await other.peer.send(proof)
      await expectRefused(other.peer)
    },
  },
  {
    id: "websocket-auth-unasked",
    page,
    title: "Hello Auth of a client that did not want to authenticate gets Closing UNAUTHORIZED",
    async run(context) {
      const peer = await context.open()
      await peer.send(helloAuth(context.stranger().secret, serverKeyOf(context.target), newNonce()))
      await expectRefused(peer)
    },
  },
  {
    id: "websocket-page-hello",
    page: browsers,
    title: "Without headers Hello comes as a message, as from web pages, and nothing before it is answered",
    async run(context) {
      await (await openAsPage(context)).expectAlive()
      const early = await context.dial()
      await early.send(message.get(1, [zeros(48)]))
      expectTrue((await early.end()) !== undefined, "the connection ended without Closing")
    },
  },
  {
    id: "websocket-page-identify",
    page: browsers,
    title: "Identify is answered with the server's proof, also for somebody anonymous",
    async run(context) {
      const serverKey = serverKeyOf(context.target)
      const peer = await openAsPage(context)
      const first = await identify(peer, zeros(32), serverKey)
      expectTrue(first !== (await identify(peer, zeros(32), serverKey)), "the server's nonce is the same twice")
      await peer.expectAlive()
    },
  },
  {
    id: "websocket-page-auth",
    page: browsers,
    title: "After Identify Hello Auth proves a page's key; a wrong one gets Closing UNAUTHORIZED",
    async run(context) {
      const [serverKey, person] = [serverKeyOf(context.target), context.stranger()]
      const peer = await openAsPage(context)
      await peer.send(helloAuth(person.secret, serverKey, await identify(peer, person.key, serverKey)))
      await expectTaken(peer)
      const other = await openAsPage(context)
      await other.send(helloAuth(person.secret, serverKey, await identify(other, context.stranger().key, serverKey)))
      await expectRefused(other)
    },
  },
  {
    id: "websocket-pieces",
    page: "websockets#binary",
    title: "Several messages in one of WebSocket, and one in several, are understood",
    async run(context) {
      const peer = await context.open()
      const ids = Array.from({ length: 40 }, (_, index) => 0x0500 + index)
      const stream = concatBytes(...ids.map((queryId) => message.unsubscribe(queryId)))
      await peer.send(stream)
      for (const queryId of ids) await peer.answer(queryId)
      for (const byte of stream.subarray(0, 16)) await peer.send(Uint8Array.of(byte))
      for (const queryId of ids.slice(0, 2)) await peer.answer(queryId)
    },
  },
]

/** Proofs of keys, which the specification leaves open ("TBD"). */
export const webSocketAuthRules: readonly Rule[] = rules.map((rule) => ({ ...rule, level: "SETTLED", transport }))
