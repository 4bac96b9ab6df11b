import type { ParseArgsOptionsConfig } from "node:util"
import type { Output } from "./output.ts"

/** What a command is run with: its own options as parsed, the rest of the words, where to write. */
export interface Invocation {
  readonly options: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>
  readonly words: readonly string[]
  readonly output: Output
  /** Aborts on SIGINT, SIGTERM and SIGHUP: the command ends cleanly. */
  readonly signal: AbortSignal
}

export interface Command {
  /** The whole help text of the command. */
  readonly help: string
  readonly options: ParseArgsOptionsConfig
  /** @returns the exit code: 0 done, 1 refused or invalid; wrong usage is thrown as UsageError and gives 2. */
  run(invocation: Invocation): Promise<number>
}

/** The words on the command line make no sense: exit code 2 and a pointer to `--help`. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message)
    this.name = "UsageError"
  }
}

/** Something that the person can mend: printed as one sentence without a stack, exit code 1. */
export class CommandError extends Error {
  readonly code: string
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = "CommandError"
    this.code = code
  }
}

/** The value of an option that takes a text. */
export function textOption(invocation: Invocation, name: string): string | undefined {
  const value = invocation.options[name]
  return typeof value === "string" ? value : undefined
}

/** The values of an option that may be given several times. */
export function textOptions(invocation: Invocation, name: string): readonly string[] {
  const value = invocation.options[name]
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : []
}

export function isSet(invocation: Invocation, name: string): boolean {
  return invocation.options[name] === true
}

/** @throws UsageError when it is not a whole number from `least` to `most`. */
export function numberOption(invocation: Invocation, name: string, least: number, most: number): number | undefined {
  const text = textOption(invocation, name)
  if (text === undefined) return undefined
  const value = Number(text)
  if (!/^\d{1,15}$/.test(text) || value < least || value > most) {
    throw new UsageError(`--${name} takes a whole number from ${least} to ${most}, not "${text}".`)
  }
  return value
}
