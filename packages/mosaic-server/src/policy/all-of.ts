import { ALLOWED, type Policy } from "./policy.ts"

/** Takes and shows what every one of the policies does. The first refusal counts; the policies after it are not asked. */
export function allOf(...policies: readonly Policy[]): Policy {
  return {
    async admit(record, peer, context) {
      for (const policy of policies) {
        const verdict = await policy.admit(record, peer, context)
        if (!verdict.ok) return verdict
      }
      return ALLOWED
    },
    async mayRead(stored, peer, context) {
      for (const policy of policies) {
        if (!(await policy.mayRead(stored, peer, context))) return false
      }
      return true
    },
    async tidy(store, now, signal) {
      for (const policy of policies) await policy.tidy?.(store, now, signal)
    },
  }
}
