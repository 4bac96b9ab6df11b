/**
 * How a finding is meant. `well`: as it should be; `note`: to know, nothing to mend; `wrong`: something to mend, or to be told to whoever runs the
 * server; `unknown`: cannot be told from outside, or not without leaving something behind.
 */
export type Judgement = "well" | "note" | "wrong" | "unknown"

/** One thing that was found out, for people and programs. */
export interface Finding {
  /** What it is about: a URL, `server`, `clock`, `roles`, `member`, `bootstrap`, a person's server. */
  readonly about: string
  readonly judgement: Judgement
  /** Unique for what it says, stays the same: `certificate-expired`. */
  readonly code: string
  /** One sentence. */
  readonly text: string
  /** What to do about it. */
  readonly advice?: string
  /** The same in values, for programs. */
  readonly facts?: Readonly<Record<string, unknown>>
}

/** Findings as they come, and what the examination returns. */
export type Findings<Result = void> = AsyncGenerator<Finding, Result, void>

/** A number of things, in words: `1 record`, `3 records`. */
export const count = (number: number, one: string, many = `${one}s`): string =>
  `${number.toLocaleString("en")} ${number === 1 ? one : many}`
