import type { PublicKey, Timestamp } from "@tessera/mosaic"
import type { BlobStore } from "../blobs/port.ts"
import type { DhtService } from "../discovery/dht-service.ts"
import type { ServerEvent } from "../event.ts"
import type { Limits } from "../limits.ts"
import type { Policy } from "../policy/policy.ts"
import { rolesPolicy } from "../policy/roles.ts"
import { type MosaicServer, createServer } from "../server.ts"
import { openMemoryStore } from "../store/memory.ts"
import type { RecordStore } from "../store/port.ts"
import { channelPair } from "../transport/channel-pair.ts"
import { NOON, persona } from "./personas.test-suite.ts"
import { RawPeer } from "./raw-peer.test-suite.ts"

export interface RigOptions {
  readonly policy?: Policy
  readonly limits?: Partial<Limits>
  readonly store?: RecordStore
  /** Not closed by the rig. */
  readonly blobs?: BlobStore
  readonly now?: () => Timestamp
  readonly dht?: DhtService
}

/** A server in memory that is open to everybody, unless a test wants it otherwise. */
export class Rig implements AsyncDisposable {
  readonly store: RecordStore
  readonly server: MosaicServer
  readonly events: ServerEvent[] = []

  constructor({ policy, limits = {}, store, blobs, now = () => NOON, dht }: RigOptions = {}) {
    this.store = store ?? openMemoryStore({ now })
    this.server = createServer({
      store: this.store,
      ...(blobs !== undefined && { blobs }),
      serverKey: persona(200).key,
      policy: policy ?? rolesPolicy({ roles: new Set(["outbox", "inbox"]), members: "everybody" }),
      now,
      limits,
      ...(dht !== undefined && { dht }),
      onEvent: (event) => void this.events.push(event),
    })
  }

  /** A connection that has said nothing yet. */
  dial(key?: PublicKey): RawPeer {
    const [client, server] = channelPair(key === undefined ? {} : { firstKey: key })
    void this.server.serve(server)
    return new RawPeer(client)
  }

  /** A connection whose Hello is done. */
  connect(key?: PublicKey): Promise<RawPeer> {
    return this.dial(key).greet()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close()
    await this.store[Symbol.asyncDispose]()
  }
}
