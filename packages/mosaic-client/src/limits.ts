/** How long a client waits and how much it holds. All times in milliseconds. */
export interface ClientLimits {
  /** Until Hello Ack. */
  readonly helloMs: number
  /** Until the next answer to a request that is not complete. */
  readonly requestMs: number
  /** Until the transport takes a message. */
  readonly writeMs: number
  /** While a query's records are not taken and nothing else can be read. Shorter than `requestMs`, so that other requests live through it. */
  readonly stallMs: number
  /** Records, in number and bytes, of one query that wait to be taken. */
  readonly queuedRecords: number
  readonly queuedBytes: number
  /** Content of a blob that is taken, unless more is asked for. */
  readonly blobBytes: number
  /** Submissions without an answer; further ones wait. */
  readonly submissionsInFlight: number
}

/** The limits that hold unless a connection is given others. */
export const DEFAULT_CLIENT_LIMITS: ClientLimits = {
  helloMs: 10_000,
  requestMs: 30_000,
  writeMs: 30_000,
  stallMs: 15_000,
  queuedRecords: 256,
  queuedBytes: 4 * 1024 * 1024,
  blobBytes: 16 * 1024 * 1024,
  submissionsInFlight: 256,
}
