export * from "./errors.ts"
export { type ClientLimits, DEFAULT_CLIENT_LIMITS } from "./limits.ts"
export {
  type ConnectOptions,
  type ConnectionEnd,
  type MosaicConnection,
  type QueryOptions,
  type RequestOptions,
  type SubscriptionItem,
  connect,
} from "./connection/connection.ts"
export { type KeepSubscribedOptions, type KeptItem, type KeptState, keepSubscribed } from "./keep-subscribed/keep-subscribed.ts"
export type { ResumePoint } from "./keep-subscribed/resume-point.ts"
