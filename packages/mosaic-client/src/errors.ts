import { resultName } from "@tessera/mosaic"

/** The connection is gone: closed by either side, broken, or given up because the server did not answer in time. */
export class ConnectionClosedError extends Error {
  override readonly name = "ConnectionClosedError"
  /** What the server said in its Closing, when it said anything. */
  readonly code: number | undefined

  constructor(reason: string, code?: number) {
    super(code === undefined ? reason : `${reason} (${resultName(code)})`)
    this.code = code
  }
}

/** The server closed a query with another code than success. */
export class QueryRefusedError extends Error {
  override readonly name = "QueryRefusedError"
  readonly code: number

  constructor(code: number) {
    super(`the server closed the query: ${resultName(code)}`)
    this.code = code
  }
}

/** A server did not look into the DHT, or did not put there what it was given. `code` is `UNDEFINED` where it knows nothing of the DHT. */
export class DhtRefusedError extends Error {
  override readonly name = "DhtRefusedError"
  readonly code: number

  constructor(code: number) {
    super(`the server refused: ${resultName(code)}`)
    this.code = code
  }
}

/** The server did not answer a request in time; the connection still stands. */
export class RequestTimeoutError extends Error {
  override readonly name = "RequestTimeoutError"
}

/** What a query brought was not taken for so long that it was given up, so that the connection's other requests could go on. */
export class SlowConsumerError extends Error {
  override readonly name = "SlowConsumerError"
}

/** Somebody answered who is not the server that was asked for. */
export class WrongServerError extends Error {
  override readonly name = "WrongServerError"
}

/** The server does not give a blob; `code` says why, `NOT_FOUND` when it has none. */
export class BlobRefusedError extends Error {
  override readonly name = "BlobRefusedError"
  readonly code: number

  constructor(code: number) {
    super(`the server gives no blob: ${resultName(code)}`)
    this.code = code
  }
}

/** The blob is longer than was allowed for it. */
export class BlobTooLargeError extends Error {
  override readonly name = "BlobTooLargeError"

  constructor(length: number, allowed: number) {
    super(`the blob has ${length} bytes, where ${allowed} are allowed`)
  }
}

/** What the server gave is not the blob that was asked for: its content has another hash. */
export class BlobMismatchError extends Error {
  override readonly name = "BlobMismatchError"
}
