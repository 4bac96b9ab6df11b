import type { PublicKey, RecordId, Timestamp } from "@tessera/mosaic"
import type { ServerRole } from "../routing/facts.ts"

/** What was noticed of a server. Facts, not judgements: why it is so the server alone knows. */
export type Finding =
  /** None of its URLs could be connected to. */
  | { readonly type: "unreachable"; readonly reason: string }
  /** At one of its URLs answers somebody who cannot prove its key. */
  | { readonly type: "wrongServer"; readonly url: string }
  /** It did not answer in time. */
  | { readonly type: "silent" }
  /** It, or something on the way, ended the connection. `code` is what its Closing said. */
  | { readonly type: "closed"; readonly reason: string; readonly code?: number }
  /** It sent a record whose hash or signature does not hold. */
  | { readonly type: "forged"; readonly what: string }
  /** It sent a record that was not asked for. */
  | { readonly type: "notAskedFor"; readonly what: string }
  /** It sent something else that it should not have. */
  | { readonly type: "protocol"; readonly what: string }
  /** It refused a query. */
  | { readonly type: "queryRefused"; readonly code: number }
  /** It refused a record. */
  | { readonly type: "recordRefused"; readonly code: number; readonly ids: readonly RecordId[] }
  /** It took much longer than others with the same question. */
  | { readonly type: "slow"; readonly milliseconds: number; readonly others: number }
  | MissingFinding

/**
 * It does not have, or does not show, records that another server of the same person still shows, a good while after they were first seen there; and nothing
 * that we know of explains it.
 */
export interface MissingFinding {
  readonly type: "missing"
  readonly role: ServerRole
  readonly author: PublicKey
  /** The evidence: which records (the first 64), and who showed them. */
  readonly ids: readonly RecordId[]
  readonly witnesses: readonly PublicKey[]
  /** It had acknowledged one of them to us. */
  readonly acknowledged: boolean
}

/** One thing that was noticed of a server, once or again and again. */
export interface ServerReport {
  readonly server: PublicKey
  /** As it was noticed last; evidence of earlier times is in it as well. */
  readonly finding: Finding
  readonly first: Timestamp
  readonly last: Timestamp
  readonly count: number
}
