import { createReadStream } from "node:fs"
import { CommandError } from "./command.ts"

/** The bytes of a file, or of standard input for `-`, as they come. */
export async function* readInput(path: string): AsyncGenerator<Uint8Array> {
  const stream: AsyncIterable<Uint8Array> = path === "-" ? process.stdin : createReadStream(path)
  try {
    yield* stream
  } catch (error) {
    throw new CommandError("unreadable", `${path === "-" ? "Standard input" : path} cannot be read: ${reasonOf(error)}.`, { cause: error })
  }
}

/**
 * All of a small input.
 * @throws CommandError when it is longer than `limit` bytes.
 */
export async function readSmallInput(path: string, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of readInput(path)) {
    length += chunk.length
    if (length > limit) throw new CommandError("tooLarge", `${path === "-" ? "Standard input" : path} is longer than ${limit} bytes.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** What the operating system said, in words. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : ""
  const known: Readonly<Record<string, string>> = {
    ENOENT: "it is not there",
    EACCES: "you may not read it",
    EISDIR: "it is a folder",
    ENOTDIR: "a part of its path is not a folder",
    ENOSPC: "the disk is full",
    EROFS: "the disk cannot be written",
  }
  return known[code] ?? (error instanceof Error ? error.message : String(error))
}
