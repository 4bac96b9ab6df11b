import { DecodeError, VerifyError } from "@tessera/mosaic"
import { UsageError } from "./command.ts"

/** Reads a word of the command line. @throws UsageError: `text` is no `what`, and why. */
export function readable<T>(what: string, text: string, read: (text: string) => T): T {
  try {
    return read(text)
  } catch (error) {
    if (error instanceof DecodeError || error instanceof VerifyError) throw new UsageError(`"${text}" is no ${what}: ${error.reason}.`)
    throw error
  }
}
