import { type AuthNonce, type PublicKey, DecodeError, VerifyError, serverProofText, verifyProof } from "@tessera/mosaic"
import { WrongServerError } from "../errors.ts"

/** Refuses a server that does not prove the pinned key by its signature of our nonce. @throws {WrongServerError} */
export function requireServerProof(proof: Uint8Array | undefined, nonce: AuthNonce, serverKey: PublicKey): void {
  try {
    if (proof === undefined) throw new VerifyError("no proof")
    verifyProof(proof, serverProofText(nonce), serverKey)
  } catch (error) {
    if (error instanceof VerifyError || error instanceof DecodeError) throw wrongServer()
    throw error
  }
}

export const wrongServer = (): WrongServerError => new WrongServerError("The server that answered is not the one that was asked for.")
