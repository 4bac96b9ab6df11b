/** Results go to standard output, everything said on the way to standard error. */
export interface Output {
  /** True when `--json` was given: standard output then holds one JSON value a line and nothing else. */
  readonly json: boolean
  line(text: string): void
  value(value: unknown): void
  say(text: string): void
}

/** Writes to the process's own streams; ends quietly when the reader of standard output has gone. */
export function processOutput(json: boolean): Output {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0)
    throw error
  })
  return {
    json,
    line: (text) => void process.stdout.write(`${text}\n`),
    value: (value) => void process.stdout.write(`${JSON.stringify(value)}\n`),
    say: (text) => void process.stderr.write(`${text}\n`),
  }
}
