import { unwatchFile, watchFile } from "node:fs"
import { DecodeError, type PublicKey, VerifyError, parseUserKey } from "@tessera/mosaic"
import { diskFileSystem } from "@tessera/node/adapters"
import { CommandError } from "../command.ts"
import { reasonOf } from "../input.ts"

/** A hundred thousand members, with a name beside each. */
const LIMIT = 16 * 1024 * 1024
/** How often the file is looked at, in milliseconds. */
const INTERVAL_MS = 500

/**
 * Reads a list of members: a key (`mopub0…`) a line; what follows it, empty lines, and lines that begin with `#` are for people.
 * @throws CommandError when it cannot be read or a line is no key.
 */
export async function readMemberFile(path: string): Promise<readonly PublicKey[]> {
  const bytes = await diskFileSystem.read(path, LIMIT).catch((error: unknown) => {
    throw new CommandError("badMemberFile", `${path} cannot be read: ${reasonOf(error)}.`, { cause: error })
  })
  if (bytes === undefined) throw new CommandError("badMemberFile", `${path} cannot be read: it is not there.`)
  return Buffer.from(bytes)
    .toString("utf8")
    .split("\n")
    .flatMap((line, at) => {
      const [key = ""] = line.trim().split(/\s/, 1)
      return key === "" || key.startsWith("#") ? [] : [readKey(key, `line ${at + 1} of ${path}`)]
    })
}

function readKey(text: string, where: string): PublicKey {
  try {
    return parseUserKey(text)
  } catch (error) {
    if (error instanceof DecodeError || error instanceof VerifyError)
      throw new CommandError("badMemberFile", `${where} is no person's key (mopub0…): ${error.reason}.`, { cause: error })
    throw error
  }
}

/** Gives the list anew each time that the file changes; one that cannot be read is told, and the earlier one stays. Until disposed. */
export function watchMemberFile(
  path: string,
  onChange: (keys: readonly PublicKey[]) => void,
  onFault: (error: unknown) => void,
): Disposable {
  const look = (): void => void readMemberFile(path).then(onChange).catch(onFault)
  // By its times rather than by events: it also sees a file that was put in the place of another, on every file system.
  watchFile(path, { interval: INTERVAL_MS, persistent: false }, look)
  return { [Symbol.dispose]: () => unwatchFile(path, look) }
}
