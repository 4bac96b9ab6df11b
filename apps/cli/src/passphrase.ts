import { CommandError } from "./command.ts"
import { readSmallInput } from "./input.ts"

const PASSPHRASE_FILE_LIMIT = 4096

/**
 * The passphrase in a file: its first line, without the line end.
 * @throws CommandError when the file cannot be read, is longer than 4 KiB, is not UTF-8, is empty, or holds more than one line.
 */
export async function readPassphraseFile(path: string): Promise<string> {
  const bytes = await readSmallInput(path, PASSPHRASE_FILE_LIMIT)
  let text: string
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes)
  } catch (error) {
    throw new CommandError("badPassphraseFile", `${path} is not text in UTF-8. Write the passphrase as plain text on its first line.`, { cause: error })
  }
  const [line = "", ...rest] = text.split(/\r?\n/)
  if (rest.some((each) => each !== "")) throw new CommandError("badPassphraseFile", `${path} has more than one line. It must hold the passphrase alone.`)
  if (line.trim() === "") throw new CommandError("badPassphraseFile", `${path} is empty. It must hold the passphrase on its first line.`)
  if (line.includes("\0")) throw new CommandError("badPassphraseFile", `${path} holds characters that cannot be typed. It must hold the passphrase as plain text.`)
  return line
}

/**
 * Asks on the terminal, without showing what is typed.
 * @throws CommandError when there is no terminal.
 */
export async function askPassphrase(question: string): Promise<string> {
  const { stdin, stderr } = process
  if (!stdin.isTTY) throw new CommandError("noPassphrase", "there is no terminal to ask for the passphrase. Give it with --passphrase-file FILE.")
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
  return file === undefined ? await askPassphrase(question) : await readPassphraseFile(file)
}
