import { randomBytes } from "node:crypto"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { formatSecretKey, parseSecretKey, parseSecretKeyText, type SecretKey } from "@tessera/mosaic"
import { diskFileSystem, writeAtomically } from "@tessera/node/adapters"
import { CommandError } from "./command.ts"
import { reasonOf } from "./input.ts"

const FILE_NAME = "server-key"

/**
 * The key of the server in `folder`, made when there is none. A file that only its owner may read (0600).
 * @throws CommandError when it cannot be read, written, or is no key.
 */
export async function serverKeyOf(folder: string): Promise<SecretKey> {
  const path = join(folder, FILE_NAME)
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
  return await makeServerKey(folder)
}

async function makeServerKey(folder: string): Promise<SecretKey> {
  const secret = parseSecretKey(randomBytes(32))
  try {
    await writeAtomically(diskFileSystem, folder, FILE_NAME, Buffer.from(`${formatSecretKey(secret)}\n`))
  } catch (error) {
    throw new CommandError("badServerKey", `the server's key cannot be written to ${join(folder, FILE_NAME)}: ${reasonOf(error)}.`, {
      cause: error,
    })
  }
  return secret
}
