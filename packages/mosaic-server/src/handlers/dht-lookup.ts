import {
  DecodeError,
  type DhtLookup,
  type DhtResponse,
  type PublicKey,
  RESULT,
  type SignedBootstrap,
  VerifyError,
  parsePublicKey,
} from "@tessera/mosaic"
import type { DhtService } from "../discovery/dht-service.ts"
import type { HandlerContext } from "./context.ts"

/**
 * Looks a bootstrap up for a peer: `SUCCESS`, `NOT_FOUND`, `INVALID` for what is no key, `PERSISTENT_ERROR` on a server without the DHT,
 * `TEMPORARY_ERROR` when the DHT does not answer. Where it has nothing, or does not answer, what is kept for a member serves as well.
 */
export async function lookUp(request: DhtLookup, context: HandlerContext, signal: AbortSignal): Promise<DhtResponse> {
  const key = readKey(request.key)
  if (key === undefined) return refusedLookup(request, RESULT.INVALID)
  if (context.dht === undefined) return refusedLookup(request, RESULT.PERSISTENT_ERROR)
  const found = await find(context.dht, request, key, context.onEvent, signal)
  if (found === "unreachable") return refusedLookup(request, RESULT.TEMPORARY_ERROR)
  if (found === undefined) return refusedLookup(request, RESULT.NOT_FOUND)
  const { selector, sequence, signature, text } = found
  return { type: "dhtResponse", result: RESULT.SUCCESS, selector, key, sequence, signature, text }
}

/** An answer that brings nothing. */
export function refusedLookup({ selector, key }: DhtLookup, result: number): DhtResponse {
  return { type: "dhtResponse", result, selector, key, sequence: 0n, signature: new Uint8Array(64), text: new Uint8Array(0) }
}

async function find(
  { lookups, keeper }: DhtService,
  { selector }: DhtLookup,
  key: PublicKey,
  onEvent: HandlerContext["onEvent"],
  signal: AbortSignal,
): Promise<SignedBootstrap | undefined | "unreachable"> {
  const kept = keeper?.get(selector, key)
  try {
    const found = await lookups.lookup(selector, key, { signal })
    return kept !== undefined && (found === undefined || found.sequence < kept.sequence) ? kept : found
  } catch (error) {
    signal.throwIfAborted()
    onEvent({ type: "failed", doing: "looking up in the DHT", error })
    return kept ?? "unreachable"
  }
}

function readKey(bytes: Uint8Array): PublicKey | undefined {
  try {
    return parsePublicKey(bytes)
  } catch (error) {
    if (error instanceof DecodeError || error instanceof VerifyError) return undefined
    throw error
  }
}
