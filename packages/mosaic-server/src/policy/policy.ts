import type { KeySchedule, PublicKey, ResultCode, Timestamp, VerifiedRecord } from "@tessera/mosaic"
import type { RecordStore, StoredRecord } from "../store/port.ts"

/** Who is at the other end of a connection. */
export interface Peer {
  /** As the transport proved it: a master key or a signing subkey; undefined when anonymous. */
  readonly key: PublicKey | undefined
  /** Where it is, such as `127.0.0.1:41234`. */
  readonly remote: string
  /** Tells the connections of this server apart. */
  readonly id: number
}

/** What a policy says to a record. A refusal is a value: its code goes to the peer, its reason into the log. */
export type Verdict = { readonly ok: true } | { readonly ok: false; readonly code: ResultCode; readonly reason: string }

/** What a policy may ask of the server. */
export interface PolicyContext {
  /** The author's newest valid key schedule. */
  scheduleOf(author: PublicKey): Promise<KeySchedule | undefined>
  /** The master of an active signing subkey; of any other key that key itself. */
  masterOf(key: PublicKey): Promise<PublicKey>
}

/**
 * What a server takes and shows, on top of what the protocol itself demands: who may act for an author, and the reading rights of a kind, are
 * enforced before a policy is asked.
 */
export interface Policy {
  /** May this submission be taken? */
  admit(record: VerifiedRecord, peer: Peer, context: PolicyContext): Verdict | Promise<Verdict>
  /** May the peer read this, as far as the policy is concerned? */
  mayRead(record: StoredRecord, peer: Peer, context: PolicyContext): boolean | Promise<boolean>
  /** Called when the server starts and then every hour: what was taken on trial and did not stand it is thrown out here. Ends when `signal` aborts. */
  tidy?(store: RecordStore, now: Timestamp, signal: AbortSignal): Promise<void>
}

export const ALLOWED: Verdict = { ok: true }

export const refuse = (code: ResultCode, reason: string): Verdict => ({ ok: false, code, reason })
