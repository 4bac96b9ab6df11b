import { randomBytes } from "node:crypto"
import {
  buildRecord,
  makeKind,
  nonceFromBytes,
  notifyTag,
  parseSecretKey,
  type PublicKey,
  publicKeyOf,
  type Readers,
  type SecretKey,
  timestampFromUnixMillis,
  type VerifiedRecord,
} from "@tessera/mosaic"

/** Application "Examples" of the specification's registry. */
const EXAMPLES = 99

/** The kind of what the doctor brings: ephemeral, so that no server may store it. */
export const passingKind = (readers: Readers) => makeKind({ application: EXAMPLES, number: 0xd0c7, handling: "ephemeral", readers })

/** A key that nobody has seen and that is forgotten afterwards. */
export const nobody = (): SecretKey => parseSecretKey(randomBytes(32))

/** An empty record that servers hand on to present subscribers and do not keep. */
export function passingRecord(author: SecretKey, readers: Readers, tagged?: PublicKey): VerifiedRecord {
  return buildRecord({
    author: publicKeyOf(author),
    signer: author,
    kind: passingKind(readers),
    nonce: nonceFromBytes(randomBytes(8)),
    timestamp: timestampFromUnixMillis(Date.now()),
    tags: tagged === undefined ? [] : [notifyTag(tagged)],
  })
}
