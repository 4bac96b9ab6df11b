import { randomBytes } from "node:crypto"
import {
  DecodeError,
  decryptSecretKey,
  encryptSecretKey,
  formatSecretKey,
  formatServerKey,
  formatUserKey,
  parseSecretKey,
  parseSecretKeyText,
  parseServerKey,
  parseUserKey,
  type PublicKey,
  publicKeyOf,
  type SecretKey,
  VerifyError,
} from "@tessera/mosaic"
import { nativeScrypt } from "@tessera/node/native-scrypt"
import { findEncryptedKey, SheetError } from "@tessera/node/sheet-text"
import { type Command, CommandError, type Invocation, numberOption, textOption, UsageError } from "../command.ts"
import { readSmallInput } from "../input.ts"
import { getPassphrase } from "../passphrase.ts"

const KEY_FILE_LIMIT = 4096
const DEFAULT_LOG_N = 18

async function readKeyText(path: string | undefined): Promise<string> {
  if (path === undefined) throw new UsageError("Name a file that holds the key, or - for standard input.")
  return Buffer.from(await readSmallInput(path, KEY_FILE_LIMIT))
    .toString("utf8")
    .trim()
}

/** Turns what the key's text has wrong into a sentence. */
function readable<T>(what: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof DecodeError || error instanceof VerifyError)
      throw new CommandError("badKey", `this is no ${what}: ${error.reason}.`, { cause: error })
    throw error
  }
}

function describe(key: PublicKey): Record<string, string> {
  return { user: formatUserKey(key), server: formatServerKey(key), hex: Buffer.from(key).toString("hex") }
}

function printKey(invocation: Invocation, values: Record<string, string>): void {
  if (invocation.output.json) invocation.output.value(values)
  else for (const [name, value] of Object.entries(values)) invocation.output.line(`${name.padEnd(10)} ${value}`)
}

async function encrypt(invocation: Invocation, secret: SecretKey): Promise<Record<string, string>> {
  const logN = numberOption(invocation, "log-n", 10, 20) ?? DEFAULT_LOG_N
  const passphrase = await getPassphrase(textOption(invocation, "passphrase-file"))
  const salt = randomBytes(16)
  return { encrypted: await encryptSecretKey(secret, passphrase, { salt, rand4: randomBytes(4), logN, scrypt: nativeScrypt }) }
}

async function decrypt(invocation: Invocation, text: string): Promise<Record<string, string>> {
  const passphrase = await getPassphrase(textOption(invocation, "passphrase-file"))
  try {
    const secret = await decryptSecretKey(findEncryptedKey(text), passphrase, { scrypt: nativeScrypt })
    return { secret: formatSecretKey(secret), ...describe(publicKeyOf(secret)) }
  } catch (error) {
    if (error instanceof SheetError) throw new CommandError("badKey", `this is no encrypted secret key. ${error.message}`, { cause: error })
    if (error instanceof VerifyError) throw new CommandError("wrongPassphrase", "the passphrase does not open this key.", { cause: error })
    if (error instanceof DecodeError)
      throw new CommandError("badKey", `this is no encrypted secret key: ${error.reason}.`, { cause: error })
    throw error
  }
}

function show(text: string): Record<string, string> {
  if (text.startsWith("mosec0")) return describe(publicKeyOf(readable("secret key", () => parseSecretKeyText(text))))
  if (text.startsWith("mosrv0")) return describe(readable("server key", () => parseServerKey(text)))
  return describe(readable("public key", () => parseUserKey(text)))
}

export const key: Command = {
  help: `tessera key new     [--json]                                  make a key pair
tessera key show    [--json] FILE|-                           the public key of mosec0…, mopub0… or mosrv0…
tessera key encrypt [--json] [--passphrase-file F] FILE|-     mosec0… under a passphrase, as mocryptsec0…
tessera key decrypt [--json] [--passphrase-file F] FILE|-     and back; the text of a recovery sheet too

Secrets are read from a file or standard input, never from the command line, where other programs could see them.

  --passphrase-file F   the passphrase is the first line of F; otherwise it is asked for
  --log-n N             cost of the passphrase, 10 to 20 (${DEFAULT_LOG_N} when not given)
  --json                one JSON object`,
  options: { "passphrase-file": { type: "string" }, "log-n": { type: "string" } },
  async run(invocation) {
    const [action, path, ...rest] = invocation.words
    if (rest.length > 0) throw new UsageError("Name one file, or - for standard input.")
    switch (action) {
      case "new": {
        const secret = parseSecretKey(randomBytes(32))
        printKey(invocation, { secret: formatSecretKey(secret), ...describe(publicKeyOf(secret)) })
        return 0
      }
      case "show":
        printKey(invocation, show(await readKeyText(path)))
        return 0
      case "encrypt": {
        const text = await readKeyText(path)
        printKey(
          invocation,
          await encrypt(
            invocation,
            readable("secret key", () => parseSecretKeyText(text)),
          ),
        )
        return 0
      }
      case "decrypt":
        printKey(invocation, await decrypt(invocation, await readKeyText(path)))
        return 0
      case undefined:
        throw new UsageError("Say new, show, encrypt or decrypt.")
      default:
        throw new UsageError(`There is no "key ${action}".`)
    }
  },
}
