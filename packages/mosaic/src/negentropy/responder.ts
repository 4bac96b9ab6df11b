import { DecodeError } from "../errors.ts"
import type { ItemSet } from "./item-set.ts"
import { PROTOCOL_VERSION } from "./range.ts"
import { reconcileRanges } from "./reconcile.ts"

const FIRST_VERSION = 0x60
const LAST_VERSION = 0x6f

/** Whether a byte is a version of the protocol, spoken here or not. */
export const isProtocolVersion = (byte: number | undefined): boolean => byte !== undefined && byte >= FIRST_VERSION && byte <= LAST_VERSION

/**
 * Answers a message of the side that began; it keeps nothing between messages. A message of another version is answered with the version spoken here
 * alone. Yields between pieces of work.
 *
 * @param frameLength the most bytes of the answer, at least 4,096.
 * @returns the answer: of the version byte alone when nothing is left to talk about.
 * @throws {DecodeError} for what is no message; the part before may have been worked on.
 */
export function* respond(items: ItemSet, message: Uint8Array, frameLength: number): Generator<void, Uint8Array, void> {
  const version = message[0]
  if (!isProtocolVersion(version)) throw new DecodeError("negentropy version", 0)
  if (version !== PROTOCOL_VERSION) return Uint8Array.of(PROTOCOL_VERSION)
  const { reply } = yield* reconcileRanges(items, message, { frameLength, role: "responder" })
  return reply
}
