import { randomBytes } from "node:crypto"
import { open, readFile } from "node:fs/promises"
import { join } from "node:path"
import { formatSecretKey, parseSecretKey, parseSecretKeyText, type SecretKey } from "@tessera/mosaic"
import { CommandError } from "./command.ts"
import { reasonOf } from "./input.ts"

/**
 * The key of the server in `folder`, made when there is none. A file that only its owner may read (0600).
 * @throws CommandError when it cannot be read, written, or is no key.
 */
export async function serverKeyOf(folder: string): Promise<SecretKey> {
  const path = join(folder, "server-key")
  try {
    return parseSecretKeyText((await readFile(path, "utf8")).trim())
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) {
      throw new CommandError(
        "badServerKey",
        `the server's key in ${path} cannot be read: ${reasonOf(error)}. Put back the file from a copy.`,
        { cause: error },
      )
    }
  }
  return await makeServerKey(path, folder)
}

async function makeServerKey(path: string, folder: string): Promise<SecretKey> {
  const secret = parseSecretKey(randomBytes(32))
  try {
    const file = await open(path, "wx", 0o600)
    try {
      await file.writeFile(`${formatSecretKey(secret)}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    if (process.platform !== "win32") {
      const directory = await open(folder)
      await directory.sync().finally(() => directory.close())
    }
  } catch (error) {
    throw new CommandError("badServerKey", `the server's key cannot be written to ${path}: ${reasonOf(error)}.`, { cause: error })
  }
  return secret
}
