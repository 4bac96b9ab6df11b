import { encodeUtf8 } from "../bytes.ts"
import { VerifyError } from "../errors.ts"
import { formatServerKey } from "../human.ts"
import { prehash } from "../keys/prehash.ts"
import type { PublicKey } from "../keys/public-key.ts"
import type { SecretKey } from "../keys/secret-key.ts"
import { SIGNATURE_LENGTH, sign, signatureFault } from "../keys/signature.ts"
import type { AuthNonce } from "./auth-nonce.ts"

/**
 * What a client signs to prove its key: ASCII `mosaic-auth:`, the server's printed key, `:` and the server's nonce. With the server's key in it a
 * proof is of no use to anybody else, and no record can be made to look like it.
 */
export const clientProofText = (serverKey: PublicKey, nonce: AuthNonce): Uint8Array =>
  encodeUtf8(`mosaic-auth:${formatServerKey(serverKey)}:${nonce}`)

/** What a server signs to prove its key: ASCII `mosaic-server-auth:` and the client's nonce. */
export const serverProofText = (nonce: AuthNonce): Uint8Array => encodeUtf8(`mosaic-server-auth:${nonce}`)

/** Signs one of the two texts: Ed25519ph with BLAKE3 and the context "Mosaic", 64 bytes, as records are signed. */
export const signProof = (text: Uint8Array, secret: SecretKey): Uint8Array => sign(prehash(text), secret)

/** @throws {VerifyError} why a proof does not hold for a text and a key; `proof length` when it is not 64 bytes. */
export function verifyProof(proof: Uint8Array, text: Uint8Array, key: PublicKey): void {
  if (proof.length !== SIGNATURE_LENGTH) throw new VerifyError("proof length")
  const fault = signatureFault(proof, prehash(text), key)
  if (fault !== undefined) throw new VerifyError(fault)
}
