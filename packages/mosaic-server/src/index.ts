export * from "./store/port.ts"
export { openMemoryStore } from "./store/memory.ts"
export {
  type BlobOutcome,
  type BlobStore,
  type BlobUsage,
  type BlobWriter,
  type OpenBlob,
  BLOB_CHUNK_LENGTH,
  DEFAULT_BLOB_BUDGET,
} from "./blobs/port.ts"
export { openMemoryBlobs } from "./blobs/memory.ts"
export * from "./policy/policy.ts"
export { allOf } from "./policy/all-of.ts"
export { anyOf } from "./policy/any-of.ts"
export { type Ban, type BanSubject, BanList } from "./policy/ban-list.ts"
export { banCode, bansPolicy } from "./policy/bans.ts"
export { type IpRange, formatIpRange, parseIpRange } from "./policy/ip-address.ts"
export { DEFAULT_RATES, type RateLimit, type RatesOptions, ratesPolicy } from "./policy/rates.ts"
export { type SizeOptions, sizePolicy } from "./policy/size.ts"
export { type AdmissionDesk, type AdmissionMode, type AdmissionOptions, admissionPolicy } from "./policy/admission.ts"
export { type HoldLimits, HOLD_LIMITS, HoldQueue, type Release } from "./policy/hold-queue.ts"
export { type ModerationOptions, moderationPolicy } from "./policy/moderation.ts"
export { HostBook, HostBookFullError, type HostBookOptions } from "./hosting/host-book.ts"
export {
  EMPTY_HOST_STATE,
  type HostState,
  type Invite,
  type MembershipRequest,
  formatBanSubject,
  formatHostState,
  parseBanSubject,
  parseHostState,
} from "./hosting/host-state.ts"
export { MemberList, type MemberSet, type Members } from "./policy/members.ts"
export { type Role, type RolesOptions, rolesPolicy } from "./policy/roles.ts"
export { hasReadingRight, taggedKeys } from "./policy/reading-rights.ts"
export { type AddressLimits, Addresses, type AddressesOptions, type Entrance } from "./transport/addresses.ts"
export { DEFAULT_LIMITS, type Limits } from "./limits.ts"
export type { DhtService } from "./discovery/dht-service.ts"
export type { ServerEvent } from "./event.ts"
export { type MosaicServer, type ServerOptions, type ServerStats, createServer } from "./server.ts"
export { type SyncSide, syncSide } from "./sync/sync-side.ts"
export { type ChannelPairOptions, channelPair } from "./transport/channel-pair.ts"
