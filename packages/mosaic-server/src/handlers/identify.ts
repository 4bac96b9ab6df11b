import {
  DecodeError,
  type Identify,
  type Identity,
  type KeyProof,
  type PublicKey,
  VerifyError,
  formatAuthNonce,
  parsePublicKey,
} from "@tessera/mosaic"
import type { Claim } from "./hello-auth.ts"

/**
 * Answers Identify: the server proves its key by signing the client's nonce, and gives one of its own for the client to sign.
 *
 * @returns `claim` undefined when the client names nobody; undefined when the key that it names is none.
 */
export function answerIdentify(
  { key, nonce }: Identify,
  proof: KeyProof,
  serverKey: PublicKey,
): { readonly identity: Identity; readonly claim: Claim | undefined } | undefined {
  const claimed = key === undefined ? undefined : readKey(key)
  if (key !== undefined && claimed === undefined) return undefined
  const own = proof.makeNonce()
  return {
    identity: { type: "identity", key: serverKey, nonce: own, proof: proof.prove(formatAuthNonce(nonce)) },
    claim: claimed === undefined ? undefined : { key: claimed, nonce: formatAuthNonce(own) },
  }
}

function readKey(bytes: Uint8Array): PublicKey | undefined {
  try {
    return parsePublicKey(bytes.slice())
  } catch (error) {
    if (error instanceof DecodeError || error instanceof VerifyError) return undefined
    throw error
  }
}
