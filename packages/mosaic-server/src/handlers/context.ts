import type { ServerMessage } from "@tessera/mosaic"
import { encodeMessage } from "@tessera/mosaic"
import type { Acceptance } from "../acceptance.ts"
import type { BlobStore } from "../blobs/port.ts"
import type { MemoryBudget, Share } from "../connection/memory-budget.ts"
import type { OpenQueries, OpenQuery } from "../connection/open-queries.ts"
import type { Outbox } from "../connection/outbox.ts"
import type { DhtService } from "../discovery/dht-service.ts"
import type { FairWork } from "../discovery/fair-work.ts"
import type { ServerEvent } from "../event.ts"
import type { Limits } from "../limits.ts"
import type { Peer, Policy, PolicyContext } from "../policy/policy.ts"
import type { Visibility } from "../policy/visibility.ts"
import type { RecordStore } from "../store/port.ts"
import type { FanOut } from "../subscriptions/fan-out.ts"

/** What all connections of a server share. */
export interface ServerParts {
  readonly store: RecordStore
  /** Undefined where blobs are not served. */
  readonly blobs: BlobStore | undefined
  readonly acceptance: Acceptance
  readonly policy: Policy
  /** Whose schedules and masters a policy may ask for. */
  readonly directory: PolicyContext
  readonly visibility: Visibility
  readonly fanOut: FanOut
  readonly limits: Limits
  /** Shared by all connections. */
  readonly budget: MemoryBudget
  /** Undefined on a server without the DHT. */
  readonly dht: DhtService | undefined
  /** Where lookups and puts of all connections wait for their turn. */
  readonly dhtWork: FairWork
  readonly onEvent: (event: ServerEvent) => void
}

/** What a handler needs to answer one peer. */
export interface HandlerContext extends ServerParts {
  readonly peer: Peer
  /** Aborts when the connection has ended. */
  readonly ended: AbortSignal
  readonly outbox: Outbox
  readonly queries: OpenQueries
  /** To be told of what this peer makes the server hold. */
  readonly memory: Share
}

export const reply = (context: HandlerContext, message: ServerMessage, owner?: OpenQuery): Promise<void> =>
  context.outbox.send(encodeMessage(message), owner)
