import { type AuthNonce, type HelloAuth, type PublicKey, VerifyError, clientProofText, verifyProof } from "@tessera/mosaic"

/** Who a peer says it is, and what it was given to sign. */
export interface Claim {
  readonly key: PublicKey
  readonly nonce: AuthNonce
}

/**
 * Whether a Hello Auth proves the claimed key to this server. The nonce is good for one try: the caller forgets the claim, whatever comes out.
 */
export function provesClaim({ signature }: HelloAuth, claim: Claim | undefined, serverKey: PublicKey): claim is Claim {
  if (claim === undefined) return false
  try {
    verifyProof(signature, clientProofText(serverKey, claim.nonce), claim.key)
    return true
  } catch (error) {
    if (error instanceof VerifyError) return false
    throw error
  }
}
