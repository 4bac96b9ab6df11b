import { RESULT } from "@tessera/mosaic"
import { type Policy, type Refusal, ALLOWED, refuse } from "./policy.ts"
import { admitsBlobs, changesOf, tidyAll, waitingAt } from "./several.ts"

/**
 * Takes and shows what at least one of the policies does; the first that takes a submission decides how. Of the refusals of all, the first that
 * says more than `UNAUTHORIZED` counts, else the last: a policy that a record does not concern refuses it with that code.
 */
export function anyOf(...policies: readonly [Policy, ...Policy[]]): Policy {
  return {
    async welcome(peer, context) {
      const refusals: Refusal[] = []
      for (const policy of policies) {
        const verdict = (await policy.welcome?.(peer, context)) ?? ALLOWED
        if (verdict.ok) return ALLOWED
        refusals.push(verdict)
      }
      return mostTelling(refusals)
    },
    hear(peer, request) {
      const refusals: Refusal[] = []
      for (const policy of policies) {
        const verdict = policy.hear?.(peer, request) ?? ALLOWED
        if (verdict.ok) return ALLOWED
        refusals.push(verdict)
      }
      return mostTelling(refusals)
    },
    async admit(record, peer, context) {
      const refusals: Refusal[] = []
      for (const policy of policies) {
        const verdict = await policy.admit(record, peer, context)
        if (verdict.ok) return verdict
        refusals.push(verdict)
      }
      return mostTelling(refusals)
    },
    async mayRead(stored, peer, context) {
      for (const policy of policies) {
        if (await policy.mayRead(stored, peer, context)) return true
      }
      return false
    },
    waiting: waitingAt(policies),
    ...(policies.some((policy) => policy.admitBootstrap !== undefined) && {
      admitBootstrap(signed, peer) {
        const refusals: Refusal[] = []
        for (const policy of policies) {
          const verdict = policy.admitBootstrap?.(signed, peer)
          if (verdict?.ok === true) return verdict
          if (verdict !== undefined) refusals.push(verdict)
        }
        return mostTelling(refusals)
      },
    }),
    // Who says nothing of blobs takes none.
    ...admitsBlobs(policies, async (asked, blob, peer, context) => {
      const refusals: Refusal[] = []
      for (const policy of asked) {
        const verdict = await policy.admitBlob(blob, peer, context)
        if (verdict.ok) return ALLOWED
        refusals.push(verdict)
      }
      return mostTelling(refusals)
    }),
    tidy: tidyAll(policies),
    onChange: changesOf(policies),
  }
}

const mostTelling = (refusals: readonly Refusal[]): Refusal =>
  refusals.find(({ code }) => code !== RESULT.UNAUTHORIZED) ?? refusals.at(-1) ?? refuse(RESULT.UNAUTHORIZED, "no policy takes it")
