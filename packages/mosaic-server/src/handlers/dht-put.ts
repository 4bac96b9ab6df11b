import {
  DecodeError,
  type DhtPut,
  type KeepOutcome,
  RESULT,
  type SignedBootstrap,
  VerifyError,
  parseBootstrap,
  verifyBootstrap,
} from "@tessera/mosaic"
import { type SubmissionOutcome, refuse } from "../policy/policy.ts"
import type { HandlerContext } from "./context.ts"

/**
 * Puts a bootstrap into the DHT and keeps it there. Whoever brings it, its signature says whose it is.
 *
 * `SUCCESS` when it lies in the DHT, `ACCEPTED` when it is kept and will be put; `DUPLICATE` when a newer one is known; `INVALID` when it does not hold,
 * breaks a rule, or has the sequence number of another text; `UNAUTHORIZED` when it is no member's; `PERSISTENT_ERROR` on a server without the DHT.
 */
export async function put(request: DhtPut, context: HandlerContext, signal: AbortSignal): Promise<SubmissionOutcome> {
  const signed = verified(request)
  if (typeof signed === "string") return refuse(RESULT.INVALID, signed)
  const verdict = context.policy.admitBootstrap?.(signed, context.peer) ?? refuse(RESULT.UNAUTHORIZED, "bootstraps are put for nobody")
  if (!verdict.ok) return verdict
  const { keeper } = context.dht ?? {}
  if (keeper === undefined) return refuse(RESULT.PERSISTENT_ERROR, "the server does not use the DHT")
  return outcomeOf(await keeper.take(signed, { signal }))
}

function outcomeOf(outcome: KeepOutcome): SubmissionOutcome {
  if (outcome.ok) return { code: RESULT.SUCCESS }
  switch (outcome.reason) {
    case "unreachable":
    case "refused":
      return { code: RESULT.ACCEPTED }
    case "older":
      return { code: RESULT.DUPLICATE, reason: `number ${outcome.known.sequence} is known` }
    case "conflict":
      return { code: RESULT.INVALID, reason: "its sequence number belongs to another text" }
  }
}

/** Stricter than a lookup: who keeps a bootstrap for others keeps none with a slip. */
function verified(request: DhtPut): SignedBootstrap | string {
  try {
    parseBootstrap(request.text)
    return verifyBootstrap(request)
  } catch (error) {
    if (error instanceof DecodeError || error instanceof VerifyError) return error.reason
    throw error
  }
}
