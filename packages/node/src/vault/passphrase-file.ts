import { passphraseTrouble } from "./passphrase.ts"

/** Longest passphrase file, in bytes; a longer one should not even be read. */
export const PASSPHRASE_FILE_LIMIT = 4_096

/** The passphrase file cannot be used; the message is a sentence that says what is wrong and what to do. */
export class PassphraseFileError extends Error {
  override readonly name = "PassphraseFileError"
}

/**
 * Reads the contents of a passphrase file: the first line, without its line break. A byte order mark is skipped; spaces count.
 * @throws {PassphraseFileError} for more than 4,096 bytes, malformed UTF-8, or a first line that is no passphrase.
 */
export function readPassphraseFile(contents: Uint8Array): string {
  if (contents.length > PASSPHRASE_FILE_LIMIT) {
    throw new PassphraseFileError("The passphrase file is larger than 4,096 bytes. Give a file whose first line is the passphrase.")
  }
  const passphrase = decode(contents).split(/\r?\n/, 1)[0] ?? ""
  if (passphrase === "") throw new PassphraseFileError("The first line of the passphrase file is empty. Put the passphrase there.")
  const trouble = passphraseTrouble(passphrase)
  if (trouble !== undefined) throw new PassphraseFileError(`The first line of the passphrase file is no passphrase. ${trouble}`)
  return passphrase
}

function decode(contents: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(contents)
  } catch (cause) {
    throw new PassphraseFileError("The passphrase file is not text in UTF-8. Save it as plain text in UTF-8.", { cause })
  }
}
