import { createHash, randomBytes } from "node:crypto"
import { type Socket, createSocket } from "node:dgram"
import {
  BOOTSTRAP_SALT,
  type SecretKey,
  type ServerBootstrap,
  type SignedBootstrap,
  bootstrapSigningBytes,
  encodeUtf8,
  parseMosaicUrl,
  parseSecretKey,
  publicKeyOf,
  readBootstrap,
  signBootstrap,
  signEd25519,
} from "@tessera/mosaic"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type Bencoded, asBytes, asDictionary, ascii, decodeBencode, encodeBencode } from "./bencode.ts"
import { DhtUnreachableError } from "./errors.ts"
import { LocalNetwork } from "./local-network.test-suite.ts"
import { MainlineDht, type MainlineDhtOptions } from "./mainline-dht.ts"

let network: LocalNetwork
beforeAll(async () => {
  network = await LocalNetwork.open(20)
})
afterAll(() => network[Symbol.asyncDispose]())

const newSecret = (): SecretKey => parseSecretKey(randomBytes(32))
const at = (...hosts: readonly string[]): ServerBootstrap => ({
  type: "server",
  urls: hosts.map((host) => parseMosaicUrl(`mosaictcp://${host}`)),
})
const join = (options: Partial<MainlineDhtOptions> = {}): Promise<MainlineDht> =>
  MainlineDht.open({ nodes: [network.entry], addresses: ["127.0.0.1"], queryMs: 250, ...options })
const targetOf = ({ key, selector }: Pick<SignedBootstrap, "key" | "selector">): Buffer =>
  createHash("sha1").update(key).update(BOOTSTRAP_SALT[selector]).digest()

test("what one puts another finds, the newest, and nothing under the other salt", async () => {
  await using writer = await join()
  await using reader = await join()
  const secret = newSecret()
  const first = signBootstrap(at("a.example"), secret, 1n)
  expect(await reader.lookup("server", first.key)).toBeUndefined()
  expect(await writer.put(first)).toEqual({ ok: true, nodes: 8 })
  expect(await reader.lookup("server", first.key)).toEqual(first)
  const second = signBootstrap(at("b.example"), secret, 2n)
  expect(await writer.put(second)).toEqual({ ok: true, nodes: 8 })
  expect(await reader.lookup("server", first.key)).toEqual(second)
  expect(await reader.lookup("user", first.key)).toBeUndefined()
})

test("a put once more keeps it there, and counts who holds it", async () => {
  await using dht = await join()
  const signed = signBootstrap(at("a.example"), newSecret(), 7n)
  expect(await dht.put(signed)).toEqual({ ok: true, nodes: 8 })
  expect(await dht.put(signed)).toEqual({ ok: true, nodes: 8 })
})

test("an older one, and another text with the same sequence number, are not written", async () => {
  await using dht = await join()
  await using other = await join()
  const secret = newSecret()
  const known = signBootstrap(at("a.example"), secret, 5n)
  await dht.put(known)
  expect(await other.put(signBootstrap(at("b.example"), secret, 4n))).toEqual({ ok: false, reason: "older", known })
  expect(await other.put(signBootstrap(at("b.example"), secret, 5n))).toEqual({ ok: false, reason: "conflict", known })
  expect(await other.lookup("server", known.key)).toEqual(known)
})

test("a text of 983 bytes goes there and back", async () => {
  await using dht = await join()
  const secret = newSecret()
  const text = encodeUtf8(`S\n${"x".repeat(981)}`)
  const item = { selector: "server" as const, key: publicKeyOf(secret), sequence: 3n, text }
  const odd = { ...item, signature: signEd25519(bootstrapSigningBytes(item), secret) } as SignedBootstrap
  expect(await dht.put(odd)).toEqual({ ok: true, nodes: 8 })
  expect(await dht.lookup("server", odd.key)).toEqual(odd)
})

test("a client by others reads what we put, and we read what it puts", async () => {
  await using dht = await join()
  const [, theirs] = network.nodes
  const secret = newSecret()
  const signed = signBootstrap(at("a.example"), secret, 3n)
  await dht.put(signed)
  const item = await new Promise<{ v: Buffer; seq: number } | null | undefined>((resolve, reject) => {
    theirs?.get(targetOf(signed), { salt: Buffer.from("msb24"), cache: false }, (error, found) => (error ? reject(error) : resolve(found)))
  })
  expect([item?.seq, item?.v.toString()]).toEqual([3, "S\nmosaictcp://a.example"])

  const next = signBootstrap(at("b.example"), secret, 4n)
  const { key: k, sequence, signature, text } = next
  await new Promise<void>((resolve, reject) => {
    const put = { v: Buffer.from(text), k: Buffer.from(k), seq: Number(sequence), sig: Buffer.from(signature), salt: Buffer.from("msb24") }
    theirs?.put(put, (error) => (error ? reject(error) : resolve()))
  })
  expect(await dht.lookup("server", k)).toEqual(next)
})

test("known nodes are enough when those to begin at are gone", async () => {
  await using small = await LocalNetwork.open(10)
  await using dht = await join({ nodes: [small.entry] })
  const signed = signBootstrap(at("a.example"), newSecret(), 1n)
  await dht.put(signed)
  await new Promise<void>((resolve) => small.nodes[0]?.destroy(resolve))
  expect(await dht.lookup("server", signed.key)).toEqual(signed)
})

test("without a node that answers nothing is claimed, and waiting can be given up", async () => {
  const silent = createSocket("udp4")
  await new Promise<void>((resolve) => silent.bind(0, "127.0.0.1", resolve))
  const key = publicKeyOf(newSecret())
  await using nobody = await join({ nodes: [] })
  await expect(nobody.lookup("server", key)).rejects.toThrow(DhtUnreachableError)
  await using dht = await join({ nodes: [{ host: "127.0.0.1", port: silent.address().port }], queryMs: 60_000 })
  const stop = new AbortController()
  const waiting = dht.lookup("server", key, { signal: stop.signal })
  stop.abort(new Error("enough"))
  await expect(waiting).rejects.toThrow("enough")
  const late = join({ nodes: [{ host: "127.0.0.1", port: silent.address().port }], queryMs: 60_000, operationMs: 50 })
  await using impatient = await late
  await expect(impatient.lookup("server", key)).rejects.toThrow(DhtUnreachableError)
  const closing = dht.lookup("server", key)
  await dht[Symbol.asyncDispose]()
  await expect(closing).rejects.toThrow(DhtUnreachableError)
  silent.close()
})

/** A node that answers as a test wants. */
class StrangeNode implements AsyncDisposable {
  readonly #socket: Socket
  readonly queries: string[] = []

  private constructor(socket: Socket, answer: (method: string) => readonly (readonly [string, Bencoded])[] | Uint8Array) {
    this.#socket = socket
    socket.on("message", (datagram, { port, address }) => {
      const query = asDictionary(decodeBencode(datagram))
      const method = String.fromCharCode(...(asBytes(query.get("q")) ?? []))
      this.queries.push(method)
      const given = answer(method)
      const values = (): Uint8Array =>
        encodeBencode(
          new Map<string, Bencoded>([
            ["t", asBytes(query.get("t")) ?? ascii("")],
            ["y", ascii("r")],
            ["r", new Map<string, Bencoded>([["id", this.id], ...(given as readonly (readonly [string, Bencoded])[])])],
          ]),
        )
      socket.send(given instanceof Uint8Array ? given : values(), port, address)
    })
  }

  readonly id = randomBytes(20)

  static async open(
    answer: (method: string) => readonly (readonly [string, Bencoded])[] | Uint8Array,
    host = "127.0.0.1",
  ): Promise<StrangeNode> {
    const socket = createSocket({ type: host.includes(":") ? "udp6" : "udp4", ipv6Only: host.includes(":") })
    await new Promise<void>((resolve) => socket.bind(0, host, resolve))
    return new StrangeNode(socket, answer)
  }

  get port(): number {
    return this.#socket.address().port
  }

  get entry(): { readonly host: string; readonly port: number } {
    return { host: this.#socket.address().address, port: this.port }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(resolve))
  }
}

test("answers that are not right are dropped, and the newest right one counts", async () => {
  const secret = newSecret()
  const right = signBootstrap(at("a.example"), secret, 5n)
  const forged = { ...right, sequence: 9n }
  const tooLong = { ...right, text: new Uint8Array(984), sequence: 8n }
  const wrong: Bencoded[] = [1n, [ascii("x")], new Map()]
  const answers = [
    ...[forged, tooLong, signBootstrap(at("z.example"), newSecret(), 10n), right, signBootstrap(at("b.example"), secret, 4n)].map(
      ({ text, signature, sequence }): [string, Bencoded][] => [
        ["v", text],
        ["sig", signature],
        ["seq", sequence],
        ["k", right.key],
      ],
    ),
    ...wrong.map((value): [string, Bencoded][] => ["v", "sig", "seq", "token", "nodes", "nodes6"].map((name) => [name, value])),
  ]
  await using stack = new AsyncDisposableStack()
  const strange = await Promise.all(answers.map((answer) => StrangeNode.open(() => answer)))
  for (const node of strange) stack.use(node)
  await using dht = await join({ nodes: strange.map(({ entry }) => entry) })
  expect(await dht.lookup("server", right.key)).toEqual(right)
  expect(strange.map(({ queries }) => queries.at(-1))).toEqual(strange.map(() => "get"))
})

test("nodes that lie about number, salt or kind keep nobody from putting, and are not believed", async () => {
  const secret = newSecret()
  const signed = signBootstrap(at("a.example"), secret, 3n)
  const otherSalt = signEd25519(bootstrapSigningBytes({ ...signed, selector: "user" }), secret)
  const otherKind = signBootstrap({ type: "user", servers: [{ usage: 7, serverKey: signed.key }] }, secret, 12n)
  const lies = [...[2n ** 63n - 1n, -1n, 4n].map((sequence) => ({ ...signed, sequence })), { ...signed, signature: otherSalt }, otherKind]
  await using stack = new AsyncDisposableStack()
  const liars = await Promise.all(
    lies.map(({ text, signature, sequence }) =>
      StrangeNode.open(() => [
        ["token", ascii("t")],
        ["v", text],
        ["sig", signature],
        ["seq", sequence],
        ["k", signed.key],
      ]),
    ),
  )
  for (const node of liars) stack.use(node)
  await using dht = await join({ nodes: liars.map(({ entry }) => entry) })
  expect(await dht.lookup("server", signed.key)).toBeUndefined()
  expect(await dht.put(signed)).toEqual({ ok: true, nodes: liars.length })
})

test("a node that names thousands, names itself by other names, or sends garbage, ends nothing", async () => {
  const named = (): Bencoded => {
    const nodes = randomBytes(26 * 2_000)
    for (let at4 = 20; at4 < nodes.length; at4 += 26) nodes.set([127, 0, 0, 1, 0, 1], at4)
    return nodes
  }
  await using flood = await StrangeNode.open(() => [["nodes", named()]])
  await using noise = await StrangeNode.open(() => randomBytes(500))
  await using changing = await StrangeNode.open(() => [["id", randomBytes(20)]])
  await using dht = await join({ nodes: [flood.entry, noise.entry, changing.entry, network.entry], queryMs: 200 })
  const signed = signBootstrap(at("a.example"), newSecret(), 1n)
  const outcome = await dht.put(signed)
  expect(outcome.ok).toBe(true)
  expect(readBootstrap((await dht.lookup("server", signed.key))?.text ?? new Uint8Array()).faults).toEqual([])
})

test("IPv6 nodes are asked too", async () => {
  const signed = signBootstrap(at("a.example"), newSecret(), 5n)
  const values: [string, Bencoded][] = [
    ["v", signed.text],
    ["sig", signed.signature],
    ["seq", signed.sequence],
  ]
  await using six = await StrangeNode.open(() => values, "::1")
  const compact = Buffer.concat([six.id, Buffer.alloc(15), Buffer.from([1, six.port >> 8, six.port & 0xff])])
  await using four = await StrangeNode.open(() => [["nodes6", compact]])
  await using dht = await join({ nodes: [four.entry], addresses: ["127.0.0.1", "::1"] })
  expect(await dht.lookup("server", signed.key)).toEqual(signed)
  await using only4 = await join({ nodes: [four.entry] })
  expect(await only4.lookup("server", signed.key)).toBeUndefined()
})
