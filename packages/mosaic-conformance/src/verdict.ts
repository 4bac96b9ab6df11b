/** The server does not keep a rule; the message says what it did instead. */
export class RuleFailure extends Error {
  override readonly name = "RuleFailure"
}

/** A rule cannot be tried with this server, or with what the runner was given; the message says why. */
export class RuleSkip extends Error {
  override readonly name = "RuleSkip"
}

export function fail(message: string): never {
  throw new RuleFailure(message)
}

export function skip(message: string): never {
  throw new RuleSkip(message)
}

/** Fails unless both are the same. */
export function expectEqual<T extends string | number | boolean | bigint | null | undefined>(seen: T, expected: T, what: string): void {
  if (seen !== expected) fail(`${what}: ${String(seen)}, expected ${String(expected)}`)
}

export function expectTrue(holds: boolean, otherwise: string): asserts holds {
  if (!holds) fail(otherwise)
}
