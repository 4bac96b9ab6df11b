import type { ErrorCode } from "@tessera/node/api"

/** A refusal of the node in memory, with the status that it is sent with. */
export class Refused extends Error {
  readonly status: number
  readonly code: ErrorCode

  constructor(status: number, code: ErrorCode, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}
