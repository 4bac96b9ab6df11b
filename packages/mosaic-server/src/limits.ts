/** What one server gives to its peers. Everything is an option; the defaults let a person with many followers and a busy client through. */
export interface Limits {
  /** Longest message that is read, in bytes. A longer one ends the connection before it is read. */
  readonly frameBytes: number
  /** Submissions at once and then per second, for each connection; beyond: `TOO_FAST`. */
  readonly submissionBurst: number
  readonly submissionsPerSecond: number
  /** Get, Query and Subscribe at once and then per second, for each connection; beyond: `TOO_FAST`. */
  readonly queryBurst: number
  readonly queriesPerSecond: number
  /** Open subscriptions of a connection; beyond: `TOO_FAST`. */
  readonly subscriptions: number
  /** Queries of a connection that run at the same time; others wait, at most `subscriptions` of them. */
  readonly runningQueries: number
  /** LIMIT up to which a filter without a narrow element is answered; beyond, and without LIMIT: `TOO_OPEN`. */
  readonly openLimit: number
  /** Reconciliations (Sync) of a connection that are open; beyond: `TOO_FAST`. */
  readonly syncSessions: number
  /** Records over which one reconciliation goes, 48 bytes of memory each; beyond: `TOO_OPEN`. */
  readonly syncItems: number
  /** Longest negentropy message that is answered with, in bytes; at least 4,096. */
  readonly syncFrameBytes: number
  /** How long a peer may be silent within a reconciliation, in milliseconds. */
  readonly syncIdleMs: number
  /** Bytes that all connections together may make the server hold; beyond, whoever holds the most is closed with `TEMPORARY_ERROR`. */
  readonly heldBytes: number
  /** Bytes of new records that wait for one connection; beyond, its subscription is closed with `TEMPORARY_ERROR`. */
  readonly liveBytes: number
  /** Bytes of answers that wait for one connection before whoever makes more of them waits. */
  readonly answerBytes: number
  /** Submissions, in number and bytes, of one connection that wait for the disk. */
  readonly submissionsInFlight: number
  readonly submissionBytesInFlight: number
  /** DHT Lookups at once and then per second, for each connection; beyond: `TOO_FAST`. */
  readonly dhtLookupBurst: number
  readonly dhtLookupsPerSecond: number
  /** DHT Puts at once and then per second, for each connection; beyond: `TOO_FAST`. */
  readonly dhtPutBurst: number
  readonly dhtPutsPerSecond: number
  /** DHT Lookups and Puts of one connection that wait for their answer; beyond: `TOO_FAST`. */
  readonly dhtInFlight: number
  /** Lookups and puts of all connections that run at the same time; the others wait, address by address in turn. */
  readonly dhtRunning: number
  /** Lookups and puts of all connections that wait; beyond, the last of the address that has the most waiting is told `TOO_FAST`. */
  readonly dhtWaiting: number
  /** How long a lookup or put may take, waiting included, in milliseconds; then: `TEMPORARY_ERROR`. */
  readonly dhtMs: number
  /** Longest content of a blob, in bytes; beyond: `TOO_LARGE`. */
  readonly blobBytes: number
  /** Content of a refused blob that is read and thrown away, in bytes, so that the connection lives on; with more of it the connection ends. */
  readonly skippedBlobBytes: number
  /** Blobs of one connection that have come whole and wait for the disk. */
  readonly blobsInFlight: number
  /** BLOB Gets of one connection that wait for the one that is being answered; beyond: `TOO_FAST`. */
  readonly blobGets: number
  /** How long a peer may take to say Hello, in milliseconds. */
  readonly helloMs: number
  /** How long a peer may take to receive one piece of at most 64 KiB (or one record), in milliseconds. */
  readonly writeMs: number
  /** How long one message, or 64 KiB of a blob, may take to arrive, in milliseconds. */
  readonly frameMs: number
  /** How long a peer with no open query may be silent, in milliseconds. */
  readonly idleMs: number
}

/** The limits that hold unless a server is given others. */
export const DEFAULT_LIMITS: Limits = {
  frameBytes: 2 * 1024 * 1024,
  submissionBurst: 5_000,
  submissionsPerSecond: 1_000,
  queryBurst: 5_000,
  queriesPerSecond: 500,
  subscriptions: 1_000,
  runningQueries: 8,
  openLimit: 1_000,
  syncSessions: 4,
  syncItems: 500_000,
  syncFrameBytes: 128 * 1024,
  syncIdleMs: 60_000,
  heldBytes: 256 * 1024 * 1024,
  liveBytes: 4 * 1024 * 1024,
  answerBytes: 256 * 1024,
  submissionsInFlight: 256,
  submissionBytesInFlight: 8 * 1024 * 1024,
  dhtLookupBurst: 1_000,
  dhtLookupsPerSecond: 10,
  dhtPutBurst: 20,
  dhtPutsPerSecond: 0.1,
  dhtInFlight: 64,
  dhtRunning: 16,
  dhtWaiting: 4_096,
  dhtMs: 25_000,
  blobBytes: 16 * 1024 * 1024,
  skippedBlobBytes: 64 * 1024 * 1024,
  blobsInFlight: 4,
  blobGets: 64,
  helloMs: 30_000,
  writeMs: 30_000,
  frameMs: 60_000,
  idleMs: 600_000,
}
