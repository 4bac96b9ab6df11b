import { PASSPHRASE_FILE_LIMIT, PassphraseFileError, readPassphraseFile } from "@tessera/node/passphrase-file"
import { CommandError } from "./command.ts"
import { readSmallInput } from "./input.ts"

/**
 * The passphrase in a file: its first line.
 * @throws CommandError when the file cannot be read or its first line is no passphrase.
 */
async function passphraseOf(path: string): Promise<string> {
  try {
    return readPassphraseFile(await readSmallInput(path, PASSPHRASE_FILE_LIMIT))
  } catch (error) {
    if (error instanceof PassphraseFileError) throw new CommandError("badPassphraseFile", `${path}: ${error.message}`, { cause: error })
    throw error
  }
}

/**
 * Asks on the terminal, without showing what is typed.
 * @throws CommandError when there is no terminal.
 */
async function askPassphrase(question: string): Promise<string> {
  const { stdin, stderr } = process
  if (!stdin.isTTY)
    throw new CommandError("noPassphrase", "there is no terminal to ask for the passphrase. Give it with --passphrase-file FILE.")
  stderr.write(`${question}: `)
  stdin.setRawMode(true)
  stdin.resume()
  try {
    return await typedLine(stdin)
  } finally {
    stdin.setRawMode(false)
    stdin.pause()
    stderr.write("\n")
  }
}

async function typedLine(stdin: AsyncIterable<Uint8Array>): Promise<string> {
  const typed: string[] = []
  const decoder = new TextDecoder()
  for await (const chunk of stdin) {
    for (const character of decoder.decode(chunk, { stream: true })) {
      if (character === "\r" || character === "\n") return typed.join("")
      if (character === "\u0003") throw new CommandError("cancelled", "cancelled.")
      if (character === "\u007f" || character === "\b") typed.pop()
      else typed.push(character)
    }
  }
  return typed.join("")
}

/** From the file when one is named, otherwise from the terminal. */
export async function getPassphrase(file: string | undefined, question = "Passphrase"): Promise<string> {
  return file === undefined ? await askPassphrase(question) : await passphraseOf(file)
}
