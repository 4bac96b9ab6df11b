import { decryptSecretKey, DecodeError, encryptSecretKey, publicKeyOf, VerifyError } from "@tessera/mosaic"
import type { PublicKey, SecretKey } from "@tessera/mosaic"
import { makeQrCode } from "../card/card.ts"
import type { QrCode } from "../card/card.ts"
import type { Random } from "../ports.ts"
import { DEFAULT_COST } from "../vault/vault.ts"
import type { WrongPassphrase } from "../vault/vault.ts"
import { explainBadKey, findEncryptedKey, formatSheetText } from "./sheet-text.ts"
import { nativeScrypt } from "./native-scrypt.ts"

/** What a person prints: it makes them the same person again, together with the passphrase. */
export interface RecoverySheet {
  readonly person: PublicKey
  /** `mocryptsec0` and 93 characters: the master key under the passphrase; then `+` and a check of six characters. */
  readonly text: string
  /** The same, in capitals. */
  readonly qr: QrCode
}

/** `logN`: binary logarithm of scrypt's N; 18 takes 256 MiB and a second or two. */
export async function makeRecoverySheet(
  master: SecretKey,
  passphrase: string,
  { random, logN = DEFAULT_COST.sheetLogN }: { readonly random: Random; readonly logN?: number },
): Promise<RecoverySheet> {
  const person = publicKeyOf(master)
  const text = formatSheetText(
    await encryptSecretKey(master, passphrase, { salt: random(16), rand4: random(4), logN, scrypt: nativeScrypt }),
  )
  return { person, text, qr: makeQrCode(text.toUpperCase()) }
}

/**
 * Opens a recovery sheet that was pasted or typed; the caller wipes the master key. An encrypted key without the check of our sheets is taken too.
 * @throws {SheetError} when it is no whole sheet, whatever the passphrase.
 */
export async function openRecoverySheet(
  pasted: string,
  passphrase: string,
): Promise<{ readonly ok: true; readonly master: SecretKey } | WrongPassphrase> {
  const text = findEncryptedKey(pasted)
  // With half a character no sheet was ever made.
  if (!passphrase.isWellFormed()) return wrong()
  try {
    return { ok: true, master: await decryptSecretKey(text, passphrase, { maxLogN: MAX_LOG_N, scrypt: nativeScrypt }) }
  } catch (error) {
    if (error instanceof VerifyError) return wrong()
    if (error instanceof DecodeError) throw explainBadKey(error)
    throw error
  }
}

/** A sheet that asks for more is refused: 2^20 takes 1 GiB. */
const MAX_LOG_N = 20

function wrong(): WrongPassphrase {
  return {
    ok: false,
    code: "wrongPassphrase",
    reason:
      "The passphrase does not open this recovery sheet. It is the one that you had when you made the sheet. If you typed the sheet, check every character.",
  }
}
