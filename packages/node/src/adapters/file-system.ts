import { open, rename, rm } from "node:fs/promises"

/** The few steps of which writing a file durably is made, so that a simulated disk can stop between any two of them. */
export interface FileSystem {
  /** The contents, or `undefined` when there is no such file. @throws {RangeError} when it is longer than `limit`, before it is read. */
  read(path: string, limit: number): Promise<Uint8Array | undefined>
  /** Makes a new file that only its owner can read, in place of any old one. Not durable yet. */
  write(path: string, bytes: Uint8Array): Promise<void>
  /** Resolves when the contents of a file are durable. */
  syncFile(path: string): Promise<void>
  /** Gives a file another name, in place of any old one of that name; atomic, not durable yet. */
  rename(from: string, to: string): Promise<void>
  /** Resolves when the names in a folder are durable. */
  syncFolder(path: string): Promise<void>
  /** Removes a file, if there is one. */
  remove(path: string): Promise<void>
}

/** The machine's disk. */
export const diskFileSystem: FileSystem = {
  async read(path, limit) {
    try {
      await using file = await open(path, "r")
      const { size } = await file.stat()
      if (size > limit) throw new RangeError(`${path} is longer than ${limit} bytes`)
      return new Uint8Array(await file.readFile())
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  },
  async write(path, bytes) {
    await rm(path, { force: true })
    await using file = await open(path, "wx", 0o600)
    await file.writeFile(bytes)
  },
  async syncFile(path) {
    await using file = await open(path, "r+")
    await file.sync()
  },
  rename,
  async syncFolder(path) {
    // Windows opens no folders; its file system writes names down by itself.
    if (process.platform === "win32") return
    await using folder = await open(path, "r")
    await folder.sync()
  },
  remove: (path) => rm(path, { force: true }),
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT"
}
