export * from "./errors.ts"
export { type ClientLimits, DEFAULT_CLIENT_LIMITS } from "./limits.ts"
export { connect } from "./connection/connection.ts"
export type * from "./connection/mosaic-connection.ts"
export type { BootstrapAnswer } from "./connection/bootstrap-requests.ts"
export type { Sleep } from "./connection/sleep.ts"
export {
  type KeepSubscribedOptions,
  type KeptItem,
  type KeptState,
  type LentConnection,
  keepSubscribed,
} from "./keep-subscribed/keep-subscribed.ts"
export type { ResumePoint } from "./keep-subscribed/resume-point.ts"
export { KeyMap } from "./key-map.ts"
export { AVOIDED, type RoutingFacts, type ServerRole, type UnroutedReason } from "./routing/facts.ts"
export type { Candidate } from "./routing/candidates.ts"
export { type Narrowing } from "./routing/filters.ts"
export {
  type AuthorsWish,
  type ReadPlan,
  type ServerRead,
  type TaggedWish,
  planReading,
  planReadingTagged,
} from "./routing/plan-reading.ts"
export {
  type Delivery,
  type DeliveryReason,
  type PublishPlan,
  type PublishWish,
  type Undeliverable,
  planPublishing,
} from "./routing/plan-publishing.ts"
export { type DialRequest, type Dialer, publicOnly } from "./pool/dialer.ts"
export * from "./pool/errors.ts"
export { type Lease, type LeaseOptions, Pool, type PoolEvent, type PoolOptions } from "./pool/pool.ts"
export { type Brought, type MergeOptions, type MergeSource, type Merged, mergeNewestFirst } from "./pool/merge.ts"
export { type WalkOptions, walk } from "./pool/walk.ts"
export { type Asked, type ReadItem, type ReadObserver, type ReadStoredOptions, allAsked, readStored } from "./pool/read.ts"
export { type FollowItem, type FollowOptions, type FollowPoint, type Following, follow } from "./pool/follow.ts"
export { type DeliverOptions, type Delivered, deliver, isTaken } from "./pool/deliver.ts"
export { type FetchOptions, type Fetched, fetchRecords } from "./pool/fetch-records.ts"
export type { Finding, MissingFinding, ServerReport } from "./watching/report.ts"
export { type WatchedReading, Watcher, type WatcherOptions } from "./watching/watcher.ts"
export { type MoveOptions, type MoveStep, moveRecords } from "./moving/move-records.ts"
export type { MoveProgress } from "./moving/progress.ts"
export { type BootstrapPort, type PublishedServers, announceMove, replaceServer } from "./moving/new-bootstrap.ts"
export { type Discovery, bootstrapDiscovery } from "./client/discovery.ts"
export { Directory } from "./client/directory.ts"
export { type ClientFollowOptions, type ClientOptions, type ClientReadOptions, MosaicClient, type Published } from "./client/client.ts"
export { type KeepInStepOptions, keepInStep } from "./sync/keep-in-step.ts"
export type { LocalRecords } from "./sync/local-records.ts"
export { type Difference, type ReconcileOptions, reconcile } from "./sync/reconcile.ts"
export { type SyncOptions, type SyncOutcome, type SyncProgress, sync } from "./sync/sync.ts"
export { type ServerReach, dhtThroughServers } from "./client/dht-through-servers.ts"
export { NotPublishedError, type OwnBootstrapOptions, ownBootstrap } from "./moving/own-bootstrap.ts"
