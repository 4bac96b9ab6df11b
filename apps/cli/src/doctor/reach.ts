/** An address answered. */
export interface Reached {
  readonly reached: true
  /** Until TLS stood, or the WebSocket. */
  readonly milliseconds: number
}

/** An address did not answer, or not as it should. */
export interface Unreached {
  readonly reached: false
  readonly reason: string
  /** This machine itself has no way there, such as no IPv6: nothing is known about the server. */
  readonly isOurs: boolean
}

const OURS = new Set(["ENETUNREACH", "EADDRNOTAVAIL", "EAFNOSUPPORT", "ENETDOWN"])
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "it closes the connection",
  EHOSTUNREACH: "there is no way to it",
  ETIMEDOUT: "it does not answer",
}

/** Why an address could not be reached, in words. */
export function unreached(error: unknown): Unreached {
  const code = error instanceof Error && "code" in error ? String(error.code) : ""
  const said = error instanceof Error ? error.message : String(error)
  return { reached: false, reason: REASONS[code] ?? said.replaceAll(/[^ -~]+/gu, " ").slice(0, 200), isOurs: OURS.has(code) }
}
