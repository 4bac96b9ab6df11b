import type { Context } from "./context.ts"

/**
 * How binding a rule is. `MUST` and `SHOULD` as the specification's page says it, or as what it describes cannot work without; `SETTLED` where the
 * specification leaves something open, or contradicts itself, and `docs/mosaic-gaps.md` settles it.
 */
export type Level = "MUST" | "SHOULD" | "SETTLED"

/** One demand on a server that can be seen from outside. */
export interface Rule {
  /** Unique, stays the same: `query-newest-first`. */
  readonly id: string
  /** The page of the specification, with its section: `messages#query`. */
  readonly page: string
  readonly level: Level
  /** A statement that is true of a server that keeps the rule. */
  readonly title: string
  /** Only where the transport is this one; on both when not given. */
  readonly transport?: "tcp" | "websocket"
  /**
   * Tries it out.
   *
   * @throws {RuleFailure} when the server does not keep it.
   * @throws {RuleSkip} when it cannot be tried here.
   */
  run(context: Context): Promise<void>
}
