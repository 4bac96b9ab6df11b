import { VerifyError, DecodeError, encodeUtf8, formatServerKey, prehash, verify } from "@tessera/mosaic"
import type { Context } from "../context.ts"
import type { Rule } from "../rule.ts"
import { RuleFailure, expectEqual, expectTrue, fail, skip } from "../verdict.ts"
import { dialTls } from "../wire/dial-tcp.ts"
import { type Upgrade, type UpgradeRequest, type WebSocketWire, requestUpgrade, webSocketWire } from "../wire/dial-websocket.ts"
import * as message from "../wire/message.ts"
import type { Peer } from "../wire/peer.ts"
import { OPCODE, clientFrame, closeStatus } from "../wire/websocket-frames.ts"
import { HEADER, HELLO, SUBPROTOCOL, helloHeaders, serverKeyOf, serverProofText } from "../wire/websocket-hello.ts"
import { TYPE } from "../wire/type.ts"

const transport = "websocket"
const tls = "websockets#tls"
const request = "websockets#hello"
const response = "websockets#hello-ack"
const frames = "websockets#websockets-reference"
/** 43 characters, as 32 bytes have them. */
const NONCE = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

async function upgrade(context: Context, headers: UpgradeRequest["headers"] = HELLO, protocol = SUBPROTOCOL): Promise<Upgrade> {
  const answer = await requestUpgrade(context.target, { protocol: protocol === "none" ? undefined : protocol, headers })
  context.keep({ [Symbol.dispose]: () => void answer.socket.destroy() })
  return answer
}

/** One that must be taken. */
async function taken(context: Context, headers: UpgradeRequest["headers"] = HELLO): Promise<Upgrade["headers"]> {
  const answer = await upgrade(context, headers)
  expectEqual(answer.status, 101, "HTTP status")
  return answer.headers
}

/** A WebSocket whose frames the rule writes, and somebody who understands what comes. */
async function openRaw(
  context: Context,
  headers: UpgradeRequest["headers"] = HELLO,
): Promise<{ readonly wire: WebSocketWire; readonly peer: Peer }> {
  const wire = webSocketWire(await upgrade(context, headers))
  return { wire, peer: context.talkOver(wire) }
}

const listOf = (value: string | undefined): string[] =>
  (value ?? "")
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "")

async function expectRefused(context: Context, change: Readonly<Record<string, string>>): Promise<void> {
  const { status } = await upgrade(context, { ...HELLO, ...change })
  expectTrue(
    status >= 400 && status < 500,
    `${Object.entries(change)
      .map((each) => each.join(": "))
      .join()} gets HTTP ${status}`,
  )
}

async function expectEnd(
  { wire, peer }: { readonly wire: WebSocketWire; readonly peer: Peer },
  bytes: Uint8Array,
  what: string,
): Promise<void> {
  await wire.sendRaw(bytes)
  await peer.send(message.get(0x0707, [new Uint8Array(48).fill(0x11)]))
  for (let answer = await peer.next(); answer !== undefined; answer = await peer.next())
    if (answer[0] !== TYPE.CLOSING) fail(`after ${what} the server still answers`)
}

function expectProof(base64: string | undefined, text: Uint8Array, context: Context): void {
  const bytes = Buffer.from(base64 ?? fail("X-Mosaic-Server-Authentication is missing"), "base64")
  try {
    verify(bytes, prehash(text), serverKeyOf(context.target))
  } catch (error) {
    if (error instanceof VerifyError || error instanceof DecodeError) fail(`the server's signature does not hold: ${error.reason}`)
    throw error
  }
}

export const webSocketRules: readonly Rule[] = [
  {
    id: "websocket-tls-not-older",
    page: tls,
    level: "MUST",
    title: "TLS 1.2 or newer is spoken, and TLS 1.1 refused",
    transport,
    async run(context) {
      const version = (await upgrade(context)).socket.getProtocol()
      expectTrue(version === "TLSv1.2" || version === "TLSv1.3", `it is ${version}`)
      try {
        const old = await dialTls(context.target, { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" })
        context.keep({ [Symbol.dispose]: () => void old.destroy() })
      } catch (error) {
        if (error instanceof RuleFailure) return
        throw error
      }
      fail("TLS 1.1 is taken")
    },
  },
  {
    id: "websocket-tls-13",
    page: tls,
    level: "SHOULD",
    title: "TLS 1.3 is spoken with whoever can",
    transport,
    async run(context) {
      expectEqual((await upgrade(context)).socket.getProtocol(), "TLSv1.3", "version")
    },
  },
  {
    id: "websocket-certificate",
    page: tls,
    level: "MUST",
    title: "The certificate is of an authority that browsers trust, for the server's name",
    transport,
    async run(context) {
      const { host } = context.target
      if (!/[a-z]/iu.test(host) || host.includes(":") || host === "localhost") skip(`authorities certify public names, not ${host}`)
      const socket = await dialTls(context.target, { servername: host })
      context.keep({ [Symbol.dispose]: () => void socket.destroy() })
      expectTrue(socket.authorized, String(socket.authorizationError))
    },
  },
  {
    id: "websocket-subprotocol",
    page: response,
    level: "MUST",
    title: "The subprotocol mosaic2025 is granted, also when others are offered with it",
    transport,
    async run(context) {
      for (const offered of [SUBPROTOCOL, `nostr-nothing, ${SUBPROTOCOL}`]) {
        const { status, headers } = await upgrade(context, HELLO, offered)
        expectEqual(status, 101, "HTTP status")
        expectEqual(headers.get("sec-websocket-protocol"), SUBPROTOCOL, "Sec-WebSocket-Protocol")
      }
    },
  },
  {
    id: "websocket-no-subprotocol",
    page: request,
    level: "SHOULD",
    title: "Without the subprotocol the connection is not taken for Mosaic",
    transport,
    async run(context) {
      const answer = await upgrade(context, HELLO, "none")
      expectTrue(answer.headers.get(HEADER.version) === undefined, "Hello Ack comes all the same")
      expectTrue(answer.headers.get("sec-websocket-protocol") !== SUBPROTOCOL, "the subprotocol is granted without being offered")
    },
  },
  {
    id: "websocket-version",
    page: response,
    level: "MUST",
    title: "One of the versions that were offered is decided on",
    transport,
    async run(context) {
      for (const offered of ["0", "0,7,65535", "65535, 0"]) {
        const version = (await taken(context, { ...HELLO, [HEADER.versions]: offered })).get(HEADER.version)
        expectTrue(version !== undefined && listOf(offered).includes(version), `of ${offered} it is ${version ?? "none"}`)
      }
    },
  },
  {
    id: "websocket-version-unknown",
    page: response,
    level: "SETTLED",
    title: "A client of versions that are not spoken is refused",
    transport,
    run: (context) => expectRefused(context, { [HEADER.versions]: "65535" }),
  },
  {
    id: "websocket-features",
    page: response,
    level: "MUST",
    title: "Only features that were asked for are accepted",
    transport,
    async run(context) {
      for (const asked of ["", "0", "0,1,3520970974"]) {
        const accepted = listOf((await taken(context, { ...HELLO, [HEADER.features]: asked })).get(HEADER.featuresAccepted))
        const more = accepted.filter((each) => !listOf(asked).includes(each))
        expectTrue(more.length === 0, `it accepts ${more.join(", ")} without being asked`)
      }
    },
  },
  {
    id: "websocket-features-core",
    page: response,
    level: "SHOULD",
    title: "Mosaic Core and Mosaic Social Media are accepted",
    transport,
    async run(context) {
      const accepted = listOf((await taken(context)).get(HEADER.featuresAccepted))
      expectTrue(accepted.includes("0") && accepted.includes("1"), `it accepts ${accepted.join(", ") || "nothing"}`)
    },
  },
  {
    id: "websocket-headers-malformed",
    page: request,
    level: "SETTLED",
    title: "Headers that cannot be read are refused",
    transport,
    async run(context) {
      await expectRefused(context, { [HEADER.features]: "one" })
      await expectRefused(context, { [HEADER.serverNonce]: "short" })
      await expectRefused(context, { [HEADER.authenticateAs]: "mopub0nonsense" })
      // What a program would write by mistake.
      await expectRefused(context, { [HEADER.authenticateAs]: formatServerKey(context.stranger().key) })
    },
  },
  {
    id: "websocket-server-proof-form",
    page: response,
    level: "MUST",
    title: "A nonce is answered with a signature of 64 bytes in base64",
    transport,
    async run(context) {
      const proof = (await taken(context, { ...HELLO, [HEADER.serverNonce]: NONCE })).get(HEADER.serverProof)
      expectTrue(/^[A-Za-z\d+/]{86}==$/u.test(proof ?? ""), `it is ${proof ?? "missing"}`)
    },
  },
  {
    id: "websocket-server-proof",
    page: response,
    level: "SETTLED",
    title: "The signature is the server's, of mosaic-server-auth: and the nonce",
    transport,
    async run(context) {
      for (const nonce of [NONCE, "0123456789abcdef", "A_-z".repeat(32)]) {
        const headers = await taken(context, { ...HELLO, [HEADER.serverNonce]: nonce })
        expectProof(headers.get(HEADER.serverProof), serverProofText(nonce), context)
      }
    },
  },
  {
    id: "websocket-client-nonce",
    page: response,
    level: "MUST",
    title: "A nonce comes for a client that wants to authenticate, and for no other",
    transport,
    async run(context) {
      expectEqual((await taken(context)).get(HEADER.clientNonce), undefined, "nonce for somebody anonymous")
      const headers = helloHeaders(context.stranger().secret)
      const [one, two] = [(await taken(context, headers)).get(HEADER.clientNonce), (await taken(context, headers)).get(HEADER.clientNonce)]
      expectTrue(one !== undefined && two !== undefined, "there is none")
      expectTrue(one !== two, "it is the same the second time")
    },
  },
  {
    id: "websocket-service-url",
    page: response,
    level: "SETTLED",
    title: "A service URL, where there is one, is a web address",
    transport,
    async run(context) {
      const url = (await taken(context)).get(HEADER.serviceUrl)
      if (url === undefined) skip("the server has none")
      expectTrue(/^https?:\/\/[\x21-\x7e]+$/u.test(url), `it is ${url}`)
    },
  },
  {
    id: "websocket-anonymous",
    page: request,
    level: "MUST",
    title: "After Hello in headers messages are answered at once",
    transport,
    async run(context) {
      await (await context.open()).expectAlive()
    },
  },
  {
    id: "websocket-messages-of-their-own",
    page: "websockets#binary",
    level: "SETTLED",
    title: "Each message of the server is a binary message of WebSocket",
    transport,
    async run(context) {
      const { wire, peer } = await openRaw(context)
      for (let count = 1; count <= 3; count += 1) {
        await peer.expectAlive()
        expectEqual(wire.inbox.messages, count, "messages of WebSocket")
      }
    },
  },
  {
    id: "websocket-fragments",
    page: frames,
    level: "MUST",
    title: "A message in fragments is understood, with a ping between them, and arriving byte by byte",
    transport,
    async run(context) {
      const { wire, peer } = await openRaw(context)
      const get = message.get(0x0a0b, [new Uint8Array(48).fill(0x11)])
      const ping = Uint8Array.of(1, 2, 3)
      const all = Buffer.concat([
        clientFrame(OPCODE.BINARY, get.subarray(0, 1), { isFinal: false }),
        clientFrame(OPCODE.CONTINUATION, get.subarray(1, 30), { isFinal: false }),
        clientFrame(OPCODE.PING, ping),
        clientFrame(OPCODE.CONTINUATION, new Uint8Array(), { isFinal: false }),
        clientFrame(OPCODE.CONTINUATION, get.subarray(30)),
      ])
      await wire.sendRaw(all)
      await peer.answer(0x0a0b)
      for (const byte of all) await wire.sendRaw(Uint8Array.of(byte))
      await peer.answer(0x0a0b)
      expectTrue(
        wire.inbox.pongs.some((pong) => Buffer.from(pong).equals(ping)),
        "the ping is not answered",
      )
    },
  },
  {
    id: "websocket-ping",
    page: frames,
    level: "MUST",
    title: "A ping is answered with a pong that says the same",
    transport,
    async run(context) {
      const { wire, peer } = await openRaw(context)
      const payload = encodeUtf8("p".repeat(125))
      await wire.sendRaw(clientFrame(OPCODE.PING, payload))
      await peer.expectAlive()
      expectTrue(
        wire.inbox.pongs.some((pong) => Buffer.from(pong).equals(payload)),
        "there is none",
      )
    },
  },
  {
    id: "websocket-close",
    page: frames,
    level: "MUST",
    title: "Close is answered with Close",
    transport,
    async run(context) {
      const { wire, peer } = await openRaw(context)
      await wire.sendRaw(clientFrame(OPCODE.CLOSE, closeStatus(1000)))
      await peer.end()
      expectTrue(wire.inbox.close !== undefined, "the connection ends without it")
    },
  },
  {
    id: "websocket-unmasked",
    page: frames,
    level: "MUST",
    title: "A frame without a mask ends the connection",
    transport,
    async run(context) {
      await expectEnd(
        await openRaw(context),
        clientFrame(OPCODE.BINARY, message.unsubscribe(1), { isMasked: false }),
        "a frame without a mask",
      )
    },
  },
  {
    id: "websocket-broken-frames",
    page: frames,
    level: "MUST",
    title: "Frames that break the rules of WebSocket end the connection",
    transport,
    async run(context) {
      const get = message.unsubscribe(1)
      const compressed = clientFrame(OPCODE.BINARY, get)
      compressed[0] = 0xc2
      await expectEnd(await openRaw(context), compressed, "an extension that was not agreed")
      await expectEnd(await openRaw(context), clientFrame(OPCODE.CONTINUATION, get), "a continuation of nothing")
      await expectEnd(await openRaw(context), clientFrame(0x3, get), "a frame of unknown type")
      await expectEnd(await openRaw(context), clientFrame(OPCODE.PING, get, { isFinal: false }), "a ping in pieces")
      await expectEnd(await openRaw(context), clientFrame(OPCODE.PING, new Uint8Array(126)), "a long ping")
    },
  },
  {
    id: "websocket-text",
    page: "websockets#binary",
    level: "SETTLED",
    title: "Text ends the connection",
    transport,
    async run(context) {
      await expectEnd(await openRaw(context), clientFrame(OPCODE.TEXT, message.unsubscribe(1)), "text")
    },
  },
]
