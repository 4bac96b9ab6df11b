/** Why a connection through Tor did not come about, as far as tor says. */
export type DialFailure =
  /** The service has published nothing, or took it back: it is off, or has another address. */
  | "not-found"
  /** What the service has published cannot be read. */
  | "broken-descriptor"
  /** The service is published and does not answer: it went off a short while ago, or moved. */
  | "no-answer"
  /** The service is for those who have a key, and we have none. */
  | "key-missing"
  /** The service does not take our key (any more). */
  | "key-refused"
  /** There is no such address. */
  | "bad-address"
  /** The service was reached, and nobody listens there. */
  | "refused"
  /** Tor found no way, for reasons that it does not name. */
  | "failed"
  /** It took too long. */
  | "time-out"
  /** Tor does not run, or has not found into its network. */
  | "no-tor"

/** RFC 1928, and tor's own codes of the flag `ExtendedErrors` (0xF0 …). */
const FAILURES: ReadonlyMap<number, DialFailure> = new Map([
  [0x05, "refused"],
  [0x06, "no-answer"],
  [0xf0, "not-found"],
  [0xf1, "broken-descriptor"],
  [0xf2, "no-answer"],
  [0xf3, "no-answer"],
  [0xf4, "key-missing"],
  [0xf5, "key-refused"],
  [0xf6, "bad-address"],
  [0xf7, "no-answer"],
])

/** What a code in the proxy's reply means. */
export const failureOf = (code: number): DialFailure => FAILURES.get(code) ?? "failed"

const STALE: ReadonlySet<DialFailure> = new Set(["no-answer", "failed", "time-out"])
/** Of a service that was reached before: a circuit may still lead to where it was, and those who keep what it published change with time. */
const STALE_WHEN_KNOWN: ReadonlySet<DialFailure> = new Set([...STALE, "refused", "not-found"])

/** After these, tor may be holding on to what is no longer so, and another attempt with a new view of things can succeed at once. */
export const mayBeStale = (failure: DialFailure, isKnown: boolean): boolean => (isKnown ? STALE_WHEN_KNOWN : STALE).has(failure)
