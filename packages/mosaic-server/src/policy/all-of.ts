import { type Policy, type Verdict, ALLOWED } from "./policy.ts"
import { admitsBlobs, changesOf, tidyAll, waitingAt } from "./several.ts"

/**
 * Takes and shows what every one of the policies does. The first refusal counts; the policies after it are not asked, so the cheap ones stand
 * first. Of several that would take a submission themselves the first does.
 */
export function allOf(...policies: readonly Policy[]): Policy {
  return {
    async welcome(peer, context) {
      for (const policy of policies) {
        const verdict = (await policy.welcome?.(peer, context)) ?? ALLOWED
        if (!verdict.ok) return verdict
      }
      return ALLOWED
    },
    hear(peer, request) {
      for (const policy of policies) {
        const verdict = policy.hear?.(peer, request) ?? ALLOWED
        if (!verdict.ok) return verdict
      }
      return ALLOWED
    },
    async admit(record, peer, context) {
      let all: Verdict = ALLOWED
      for (const policy of policies) {
        const verdict = await policy.admit(record, peer, context)
        if (!verdict.ok) return verdict
        if (!("take" in all)) all = verdict
      }
      return all
    },
    async mayRead(stored, peer, context) {
      for (const policy of policies) {
        if (!(await policy.mayRead(stored, peer, context))) return false
      }
      return true
    },
    waiting: waitingAt(policies),
    ...(policies.some((policy) => policy.admitBootstrap !== undefined) && {
      admitBootstrap(signed, peer) {
        for (const policy of policies) {
          const verdict = policy.admitBootstrap?.(signed, peer) ?? ALLOWED
          if (!verdict.ok) return verdict
        }
        return ALLOWED
      },
    }),
    // Who says nothing of blobs has nothing against them.
    ...admitsBlobs(policies, async (asked, blob, peer, context) => {
      for (const policy of asked) {
        const verdict = await policy.admitBlob(blob, peer, context)
        if (!verdict.ok) return verdict
      }
      return ALLOWED
    }),
    tidy: tidyAll(policies),
    onChange: changesOf(policies),
  }
}
