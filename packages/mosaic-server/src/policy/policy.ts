import type { BlobHash, KeySchedule, PublicKey, Reference, ResultCode, SignedBootstrap, Timestamp, VerifiedRecord } from "@tessera/mosaic"
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

/** What became of a submission. `reason` is for the log of a refusal. */
export interface SubmissionOutcome {
  readonly code: ResultCode
  readonly reason?: string
}

/** A refusal is a value: its code goes to the peer, its reason into the log. */
export interface Refusal {
  readonly ok: false
  readonly code: ResultCode
  readonly reason: string
}

/**
 * What a policy says. With `take` it takes a submission itself, and the record goes neither into the store nor to subscribers: this is how a
 * record waits for the owner's approval, or does its work by being sent.
 */
export type Verdict = Allowance | Refusal

/** It may be. */
export interface Allowance {
  readonly ok: true
  /** Takes the submission in place of the store. */
  readonly take?: () => Promise<SubmissionOutcome>
}

/** What a policy may ask of the server. */
export interface PolicyContext {
  /** The author's newest valid key schedule. */
  scheduleOf(author: PublicKey): Promise<KeySchedule | undefined>
  /** The master of an active signing subkey; of any other key that key itself. */
  masterOf(key: PublicKey): Promise<PublicKey>
}

/** Something that a peer asks, before anything of it was looked into. */
export interface PeerRequest {
  readonly type: "submission" | "query" | "blobSubmission" | "blobGet"
  /** Length of what is submitted, in bytes; of a query and a BLOB Get 0. */
  readonly bytes: number
}

/** A blob that somebody wants to submit, before any of its content has come. */
export interface AnnouncedBlob {
  readonly hash: BlobHash
  /** Bytes of content. */
  readonly length: number
}

/** Who or what is served less than before. */
export type PolicyChange =
  /** Somebody may no longer be here: all who are connected are asked `welcome` again. */
  | { readonly type: "unwelcome" }
  /** These are no longer members: their open subscriptions to what is not for everybody end. */
  | { readonly type: "removed"; readonly members: readonly PublicKey[] }

/**
 * What a server takes and shows, on top of what the protocol itself demands: who may act for an author, and the reading rights of a kind, are
 * enforced before a policy is asked. Policies are combined with `allOf` and `anyOf`.
 */
export interface Policy {
  /** May this peer be here at all? Asked when it connects, when it has proved a key, and after an `unwelcome`. A refusal is said with Closing. */
  welcome?(peer: Peer, context: PolicyContext): Verdict | Promise<Verdict>
  /** May the peer ask this now? Asked before the request is looked into, so it has to be cheap. */
  hear?(peer: Peer, request: PeerRequest): Verdict
  /** May this submission be taken? */
  admit(record: VerifiedRecord, peer: Peer, context: PolicyContext): Verdict | Promise<Verdict>
  /** May this peer submit this blob? Where no policy says anything of blobs none is taken. Whoever knows a blob's hash may get it. */
  admitBlob?(blob: AnnouncedBlob, peer: Peer, context: PolicyContext): Verdict | Promise<Verdict>
  /** May the peer read this, as far as the policy is concerned? */
  mayRead(record: StoredRecord, peer: Peer, context: PolicyContext): boolean | Promise<boolean>
  /** What the policy holds back beside the store, and this peer may be shown all the same when it asks for it by reference. */
  waiting?(references: readonly Reference[], peer: Peer, context: PolicyContext): Promise<readonly StoredRecord[]>
  /**
   * May this bootstrap, whose signature is right, be put into the DHT and kept there? Its owner need not be who brings it; undefined when it is kept
   * already and nobody brings it. Where no policy has a say, none is.
   */
  admitBootstrap?(signed: SignedBootstrap, peer: Peer | undefined): Verdict
  /** Called when the server starts and then every hour: what was taken on trial and did not stand it is thrown out here. Ends when `signal` aborts. */
  tidy?(store: RecordStore, now: Timestamp, signal: AbortSignal): Promise<void>
  /** Calls back when somebody is served less than before, until the answer is disposed. */
  onChange?(listener: (change: PolicyChange) => void): Disposable
}

/** The verdict that lets it be. */
export const ALLOWED: Verdict = { ok: true }

/** A verdict that refuses: `code` goes to the peer, `reason` into the log. */
export const refuse = (code: ResultCode, reason: string): Refusal => ({ ok: false, code, reason })
