import {
  type ByteChannel,
  type Message,
  type PublicKey,
  type Timestamp,
  type VerifiedRecord,
  FrameReader,
  encodeMessage,
  equalBytes,
  isBlobPiece,
  parseMessage,
  parseTimestamp,
  publicKeyOf,
  toHex,
} from "@tessera/mosaic"
import {
  type MosaicServer,
  type Policy,
  type RecordStore,
  channelPair,
  createServer,
  openMemoryStore,
  rolesPolicy,
} from "@tessera/mosaic-server"
import { ConnectionClosedError } from "../errors.ts"
import { NOON, keyOf } from "../testing.test-suite.ts"
import type { Dialer } from "./dialer.ts"
import { Pool, type PoolEvent, type PoolOptions } from "./pool.ts"

/** A real server in memory, which a test can take away, and make lie. */
export class TestServer implements AsyncDisposable {
  readonly key: PublicKey
  readonly url: string
  readonly store: RecordStore
  readonly server: MosaicServer
  /** Nobody answers there. */
  isDown = false
  dials = 0
  /** The keys that were proved, one for each dial. */
  readonly proved: (PublicKey | undefined)[] = []
  /** What it says in place of a message, perhaps nothing. */
  lie: ((message: Message) => readonly Message[] | Promise<readonly Message[]>) | undefined
  readonly #channels: ByteChannel[] = []

  constructor(
    seed: number,
    policy: Policy = rolesPolicy({ roles: new Set(["outbox", "inbox"]), members: "everybody" }),
    now: () => Timestamp = () => NOON,
  ) {
    this.key = keyOf(seed)
    this.url = `mosaictcp://192.0.2.${seed % 256}/`
    this.store = openMemoryStore({ now })
    this.server = createServer({ store: this.store, serverKey: this.key, policy, now })
  }

  async put(...records: readonly VerifiedRecord[]): Promise<void> {
    for (const record of records) await this.server.submit(record)
  }

  connect(firstKey?: PublicKey): ByteChannel {
    this.dials += 1
    this.proved.push(firstKey)
    const [client, server] = channelPair({ secondKey: this.key, ...(firstKey === undefined ? {} : { firstKey }) })
    this.#channels.push(server)
    void this.server.serve(this.#lying(server))
    return client
  }

  /** Its connections break. */
  async hangUp(): Promise<void> {
    await Promise.all(this.#channels.splice(0).map((channel) => channel.close()))
  }

  #lying(channel: ByteChannel): ByteChannel {
    const reader = new FrameReader()
    const write = async (bytes: Uint8Array): Promise<void> => {
      if (this.lie === undefined) return channel.write(bytes)
      for (const frame of reader.push(bytes)) {
        const said = isBlobPiece(frame) ? [] : await this.lie(parseMessage(frame.bytes))
        for (const message of said) await channel.write(encodeMessage(message))
      }
    }
    const { peerKey, remote, incoming } = channel
    return { peerKey, remote, incoming, write, close: () => channel.close() }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close()
    await this.store[Symbol.asyncDispose]()
  }
}

export function dialerOf(servers: readonly TestServer[], onDial: (url: string) => void = () => {}): Dialer {
  return {
    accepts: (url) => url.startsWith("mosaictcp:"),
    async dial(url, { clientKey }) {
      onDial(url)
      const found = servers.find((server) => server.url === url)
      if (found === undefined || found.isDown) throw new ConnectionClosedError("the server cannot be reached: refused")
      return found.connect(clientKey === undefined ? undefined : publicKeyOf(clientKey))
    },
  }
}

/** Some servers and a pool that reaches them; time passes only in real time. */
export class TestWorld implements AsyncDisposable {
  readonly servers: TestServer[]
  readonly pool: Pool
  readonly events: PoolEvent[] = []
  now: Timestamp = NOON

  constructor(servers: TestServer[], { onDial, ...options }: Partial<PoolOptions> & { readonly onDial?: (url: string) => void } = {}) {
    this.servers = servers
    this.pool = new Pool({
      dialers: [dialerOf(servers, onDial)],
      urlsOf: (key) => servers.filter((server) => equalBytes(server.key, key)).map(({ url }) => url),
      now: () => this.now,
      random: () => 0.5,
      onEvent: (event) => void this.events.push(event),
      ...options,
    })
  }

  pass(milliseconds: number): void {
    this.now = parseTimestamp(this.now + BigInt(milliseconds) * 1_000_000n)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool[Symbol.asyncDispose]()
    await Promise.all(this.servers.map((server) => server[Symbol.asyncDispose]()))
  }
}

export const idsOf = (records: readonly VerifiedRecord[]): string[] => records.map(({ id }) => toHex(id))

export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = []
  for await (const item of items) all.push(item)
  return all
}
