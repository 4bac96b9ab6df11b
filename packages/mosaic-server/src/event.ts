import type { ResultCode } from "@tessera/mosaic"
import type { Peer } from "./policy/policy.ts"

/** What happened in a server, for logs and figures. It never holds the content of a record. */
export type ServerEvent =
  | { readonly type: "connected"; readonly peer: Peer }
  | { readonly type: "disconnected"; readonly peer: Peer; readonly reason: string }
  | { readonly type: "refused"; readonly peer: Peer; readonly code: ResultCode; readonly reason: string }
  | { readonly type: "slowReader"; readonly peer: Peer; readonly queryId: number }
  /** Something of ours failed: a disk, a policy. The peer got `TEMPORARY_ERROR`. */
  | { readonly type: "failed"; readonly doing: string; readonly error: unknown }
