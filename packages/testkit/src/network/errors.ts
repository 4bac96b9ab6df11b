/** What a socket fails with, by the codes of Node. */
export class ConnectionError extends Error {
  readonly code: "ECONNREFUSED" | "ECONNRESET" | "ETIMEDOUT" | "EHOSTUNREACH" | "EPIPE"
  constructor(code: ConnectionError["code"], what: string) {
    super(`${code}: ${what}`)
    this.name = "ConnectionError"
    this.code = code
  }
}
