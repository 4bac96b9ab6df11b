import { randomBytes } from "node:crypto"
import {
  type BootstrapDht,
  type BootstrapItem,
  type BootstrapSelector,
  buildRecord,
  type Kind,
  MICROBLOG_ROOT,
  nonceFromBytes,
  parseMosaicUrl,
  parseSecretKey,
  type PublicKey,
  publicKeyOf,
  type SecretKey,
  signEd25519,
  type Tag,
  timestampFromUnixMillis,
  type VerifiedRecord,
  type MosaicUrl,
  selfSignedCertificate,
  signBootstrap,
  type SignedBootstrap,
  type Bootstrap,
  toHex,
} from "@tessera/mosaic"
import { DhtUnreachableError } from "@tessera/mosaic-client/dht"
import { createServer, openMemoryStore, MemberList, type MosaicServer, type Role, rolesPolicy } from "@tessera/mosaic-server"
import { listenTcp } from "@tessera/mosaic-server/tcp"
import { listenWebSocket, type TlsFiles } from "@tessera/mosaic-server/websocket"
import type { Finding, Findings } from "./finding.ts"
import type { ExamineOptions } from "./server.ts"

export const newSecret = (): SecretKey => parseSecretKey(randomBytes(32))

export interface TestServerOptions {
  readonly members?: readonly PublicKey[]
  readonly roles?: readonly Role[]
  /** How far its clock is ahead, in milliseconds. */
  readonly ahead?: number
  readonly tls?: TlsFiles
  readonly serviceUrl?: string
}

/** A real server on this machine, over TCP and WebSocket. */
export class TestServer implements AsyncDisposable {
  readonly secret: SecretKey
  readonly key: PublicKey
  readonly server: MosaicServer
  readonly tcp: MosaicUrl
  readonly webSocket: MosaicUrl
  readonly #stack: AsyncDisposableStack

  private constructor(secret: SecretKey, server: MosaicServer, urls: readonly [string, string], stack: AsyncDisposableStack) {
    this.secret = secret
    this.key = publicKeyOf(secret)
    this.server = server
    this.tcp = parseMosaicUrl(urls[0])
    this.webSocket = parseMosaicUrl(urls[1])
    this.#stack = stack
  }

  static async start(options: TestServerOptions = {}): Promise<TestServer> {
    const { members, roles = ["outbox", "inbox", "encryption"], ahead = 0, tls, serviceUrl } = options
    const stack = new AsyncDisposableStack()
    const secret = newSecret()
    const now = () => timestampFromUnixMillis(Date.now() + ahead)
    const store = stack.use(openMemoryStore({ now }))
    const policy = rolesPolicy({ roles: new Set(roles), members: members === undefined ? "everybody" : new MemberList(members) })
    const server = stack.use(createServer({ store, serverKey: publicKeyOf(secret), policy, now }))
    const place = { server, secretKey: secret, host: "127.0.0.1", port: 0 }
    const tcp = await listenTcp(place)
    const webSocket = await listenWebSocket({
      ...place,
      ...(tls !== undefined && { tls }),
      ...(serviceUrl !== undefined && { serviceUrl }),
    })
    stack.defer(() => tcp.close())
    stack.defer(() => webSocket.close())
    return new TestServer(secret, server, [tcp.url, webSocket.url], stack)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }
}

/** A record as a test needs it, dated now. */
export function write(
  author: SecretKey,
  {
    kind = MICROBLOG_ROOT,
    tags = [],
    signer = author,
  }: { readonly kind?: Kind; readonly tags?: readonly Tag[]; readonly signer?: SecretKey } = {},
): VerifiedRecord {
  const timestamp = timestampFromUnixMillis(Date.now())
  return buildRecord({ author: publicKeyOf(author), signer, kind, nonce: nonceFromBytes(randomBytes(8)), timestamp, tags })
}

/** Bootstraps by key, without a network. */
export class TestDht implements BootstrapDht {
  readonly #items = new Map<string, SignedBootstrap>()
  isReachable = true

  publish(bootstrap: Bootstrap, master: SecretKey): void {
    const signed = signBootstrap(bootstrap, master, 1n)
    this.#items.set(`${signed.selector} ${toHex(signed.key)}`, signed)
  }

  /** As it lies there, whatever its text is. */
  publishRaw(item: BootstrapItem): void {
    this.#items.set(`${item.selector} ${toHex(item.key)}`, item as SignedBootstrap)
  }

  lookup(selector: BootstrapSelector, key: PublicKey): Promise<SignedBootstrap | undefined> {
    if (!this.isReachable) return Promise.reject(new DhtUnreachableError("no node answers"))
    return Promise.resolve(this.#items.get(`${selector} ${toHex(key)}`))
  }

  put(): Promise<never> {
    return Promise.reject(new Error("nothing is put"))
  }
}

export const quick = (options: Partial<ExamineOptions> = {}): ExamineOptions => ({
  timeoutMs: 2_000,
  signal: AbortSignal.timeout(30_000),
  ...options,
})

/** All findings of an examination. */
export const all = async (findings: Findings<unknown>): Promise<Finding[]> => {
  const found: Finding[] = []
  for await (const finding of findings) found.push(finding)
  return found
}

export const codes = (found: readonly Finding[]): string[] => found.map(({ code }) => code)
export const wrong = (found: readonly Finding[]): string[] => codes(found.filter(({ judgement }) => judgement === "wrong"))
export const finding = (found: readonly Finding[], code: string): Finding | undefined => found.find((each) => each.code === code)

/** A self-signed certificate of a key that ended in 2020: the usual one with another end, signed again. */
export function expiredPem(secret: SecretKey): TlsFiles {
  const { certificate, privateKey } = selfSignedCertificate(secret)
  const usual = Buffer.from("99991231235959Z")
  const at = Buffer.from(certificate).indexOf(usual)
  certificate.set(Buffer.from("20200101000000Z"), at)
  // The signature's bits are the last 64 bytes; before them its algorithm (7 bytes) and the head of the bit string (3).
  const start = (certificate[1] ?? 0) < 0x80 ? 2 : 2 + ((certificate[1] ?? 0) & 0x7f)
  certificate.set(signEd25519(certificate.subarray(start, certificate.length - 74), secret), certificate.length - 64)
  return { cert: pem("CERTIFICATE", certificate), key: pem("PRIVATE KEY", privateKey) }
}

/** The usual self-signed certificate of a key. */
export function ownPem(secret: SecretKey): TlsFiles {
  const { certificate, privateKey } = selfSignedCertificate(secret)
  return { cert: pem("CERTIFICATE", certificate), key: pem("PRIVATE KEY", privateKey) }
}

const pem = (label: string, der: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(der).toString("base64")}\n-----END ${label}-----\n`
