export * from "./errors.ts"
export { type ClientLimits, DEFAULT_CLIENT_LIMITS } from "./limits.ts"
export { connect } from "./connection/connection.ts"
export type * from "./connection/mosaic-connection.ts"
export type { Sleep } from "./connection/sleep.ts"
export { type KeepSubscribedOptions, type KeptItem, type KeptState, keepSubscribed } from "./keep-subscribed/keep-subscribed.ts"
export type { ResumePoint } from "./keep-subscribed/resume-point.ts"
export { KeyMap } from "./key-map.ts"
export { AVOIDED, type RoutingFacts, type ServerRole, type UnroutedReason, type UserServer } from "./routing/facts.ts"
export { type Candidate, SERVERS_PER_ROLE, serversInRole } from "./routing/candidates.ts"
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
