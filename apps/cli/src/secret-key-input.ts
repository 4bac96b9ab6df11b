import { DecodeError, parseSecretKeyText, type SecretKey } from "@tessera/mosaic"
import { CommandError } from "./command.ts"
import { readSmallInput } from "./input.ts"

/** Bytes: a key has 57 characters, and somebody may have written something behind it. */
const LIMIT = 4_096

/** The secret key (`mosec0…`) that a file holds, or standard input for `-`. @throws CommandError when it holds none, or cannot be read. */
export async function readSecretKeyInput(path: string): Promise<SecretKey> {
  const text = Buffer.from(await readSmallInput(path, LIMIT))
    .toString("utf8")
    .trim()
  try {
    return parseSecretKeyText(text)
  } catch (error) {
    if (error instanceof DecodeError) throw new CommandError("badKey", `${path} holds no secret key (mosec0…).`, { cause: error })
    throw error
  }
}
