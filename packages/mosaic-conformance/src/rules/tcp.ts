import type { TLSSocket } from "node:tls"
import { connect as connectPlain } from "node:net"
import { type SecretKey, equalBytes, publicKeyOfCertificate, selfSignedCertificate, signEd25519 } from "@tessera/mosaic"
import type { Context } from "../context.ts"
import type { Rule } from "../rule.ts"
import { RuleFailure, expectEqual, expectTrue, fail, skip } from "../verdict.ts"
import { zeros } from "../wire/bytes.ts"
import { dialTls, tlsWire } from "../wire/dial-tcp.ts"
import * as message from "../wire/message.ts"
import { TYPE } from "../wire/type.ts"

const page = "tcp#tls"
const transport = "tcp"

async function dial(
  context: Context,
  ...rest: [options?: Parameters<typeof dialTls>[1], credentials?: Parameters<typeof dialTls>[2]]
): Promise<TLSSocket> {
  const socket = await dialTls(context.target, ...rest)
  context.keep({ [Symbol.dispose]: () => void socket.destroy() })
  return socket
}

/** Whether the server talks to a client that has shown this certificate. */
async function isServed(context: Context, certificate: Uint8Array, privateKey: Uint8Array): Promise<boolean> {
  let socket: TLSSocket
  try {
    socket = await dial(context, {}, { certificate, privateKey })
  } catch (error) {
    if (error instanceof RuleFailure) return false
    throw error
  }
  const peer = context.talkOver(tlsWire(socket))
  await peer.send(message.hello())
  return (await peer.next())?.[0] === TYPE.HELLO_ACK
}

export const tcp: readonly Rule[] = [
  {
    id: "tls-version",
    page,
    level: "MUST",
    title: "TLS is of version 1.2 at least",
    transport,
    async run(context) {
      const socket = await dial(context)
      const version = socket.getProtocol()
      expectTrue(version === "TLSv1.2" || version === "TLSv1.3", `it is ${version}`)
    },
  },
  {
    id: "tls-not-older",
    page,
    level: "MUST",
    title: "TLS 1.1 is refused",
    transport,
    async run(context) {
      try {
        await dial(context, { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" })
      } catch (error) {
        if (error instanceof RuleFailure) return
        throw error
      }
      fail("it is taken")
    },
  },
  {
    id: "tls-13",
    page,
    level: "SHOULD",
    title: "TLS 1.3 is spoken with whoever can",
    transport,
    async run(context) {
      expectEqual((await dial(context)).getProtocol(), "TLSv1.3", "version")
    },
  },
  {
    id: "tls-eddsa",
    page,
    level: "MUST",
    title: "A client that offers EdDSA alone is served",
    transport,
    async run(context) {
      await dial(context, { sigalgs: "ed25519" })
    },
  },
  {
    id: "certificate-ed25519",
    page,
    level: "MUST",
    title: "The server's certificate is of a valid Ed25519 key",
    transport,
    async run(context) {
      publicKeyOfCertificate(certificateOf(await dial(context)).raw)
    },
  },
  {
    id: "certificate-self-signed",
    page,
    level: "MUST",
    title: "The server's certificate is signed with its own key",
    transport,
    async run(context) {
      const certificate = certificateOf(await dial(context))
      expectTrue(certificate.verify(certificate.publicKey), "its signature does not hold")
    },
  },
  {
    id: "certificate-server-key",
    page,
    level: "MUST",
    title: "The server's certificate is of the key that the server is known by",
    transport,
    async run(context) {
      const { serverKey } = context.target
      if (serverKey === undefined) skip("name the key with --server-key")
      const key = publicKeyOfCertificate(certificateOf(await dial(context)).raw)
      expectTrue(equalBytes(key, serverKey), "it is another key")
    },
  },
  {
    id: "certificate-same",
    page,
    level: "MUST",
    title: "Every connection proves the same key",
    transport,
    async run(context) {
      const [one, two] = [certificateOf(await dial(context)), certificateOf(await dial(context))]
      expectTrue(equalBytes(publicKeyOfCertificate(one.raw), publicKeyOfCertificate(two.raw)), "it was another the second time")
    },
  },
  {
    id: "client-anonymous",
    page,
    level: "MUST",
    title: "A client without a certificate is served, as anonymous",
    transport,
    async run(context) {
      await (await context.open()).expectAlive()
    },
  },
  {
    id: "client-certificate",
    page,
    level: "SHOULD",
    title: "A client's certificate is asked for and proves its key",
    transport,
    async run(context) {
      const { certificate, privateKey } = selfSignedCertificate(context.stranger().secret)
      expectTrue(await isServed(context, certificate, privateKey), "a client with a good certificate is not served")
    },
  },
  {
    id: "client-certificate-broken",
    page,
    level: "MUST",
    title: "A client's certificate whose self-signature does not hold is refused",
    transport,
    async run(context) {
      const { certificate, privateKey } = selfSignedCertificate(context.stranger().secret)
      const broken = certificate.slice()
      broken[broken.length - 5] = (broken.at(-5) ?? 0) ^ 1
      expectTrue(!(await isServed(context, broken, privateKey)), "the client is served")
    },
  },
  {
    id: "client-certificate-dates",
    page,
    level: "SETTLED",
    title: "Dates of a client's certificate mean nothing: one that has ended serves as well",
    transport,
    async run(context) {
      const { secret } = context.stranger()
      const { certificate, privateKey } = selfSignedCertificate(secret)
      expectTrue(await isServed(context, endedIn2020(certificate, secret), privateKey), "the client is not served")
    },
  },
  {
    id: "hello-auth-tcp",
    page: "tcp#hello-messages",
    level: "SETTLED",
    title: "Hello Auth and Identify are for WebSocket: over TCP they get Unrecognized",
    transport,
    async run(context) {
      for (const bytes of [message.framed(TYPE.HELLO_AUTH, zeros(4), zeros(64)), message.framed(TYPE.IDENTIFY, zeros(4), zeros(64))]) {
        const peer = await context.open()
        await peer.send(bytes)
        await peer.takeType(TYPE.UNRECOGNIZED)
        await peer.expectAlive()
      }
    },
  },
  {
    id: "not-tls",
    page,
    level: "MUST",
    title: "Bytes that are no TLS get no service, and disturb nobody",
    transport,
    async run(context) {
      const peer = await context.open()
      const seen = await new Promise<Buffer>((resolve) => {
        const chunks: Buffer[] = []
        const socket = connectPlain(context.target, () => socket.end(Buffer.from(message.hello())))
        context.keep({ [Symbol.dispose]: () => void socket.destroy() })
        socket.on("data", (chunk) => chunks.push(chunk))
        socket.on("error", () => {})
        socket.on("close", () => resolve(Buffer.concat(chunks)))
      })
      expectTrue(seen[0] !== TYPE.HELLO_ACK, "Hello was answered")
      await peer.expectAlive()
    },
  },
]

/** The usual certificate with another end of its time, of the same length, signed again: its signature is the last 64 bytes, behind 10 of its kind. */
function endedIn2020(certificate: Uint8Array, secret: SecretKey): Uint8Array {
  const changed = Buffer.from(certificate)
  changed.write("20200101000000Z", changed.indexOf("99991231235959Z"), "latin1")
  const lengthBytes = changed.readUInt8(1)
  const start = lengthBytes < 0x80 ? 2 : 2 + (lengthBytes & 0x7f)
  changed.set(signEd25519(changed.subarray(start, -74), secret), changed.length - 64)
  return changed
}

function certificateOf(socket: TLSSocket) {
  const certificate = socket.getPeerX509Certificate()
  return certificate ?? skip("the server shows a raw public key, which this runner cannot see")
}
