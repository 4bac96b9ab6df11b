import type { Policy } from "./policy.ts"

/** What of several policies is the same however their verdicts are combined: each is tidied, and each may change. */
export function tidyAll(policies: readonly Policy[]): NonNullable<Policy["tidy"]> {
  return async (store, now, signal) => {
    for (const policy of policies) await policy.tidy?.(store, now, signal)
  }
}

export function changesOf(policies: readonly Policy[]): NonNullable<Policy["onChange"]> {
  return (listener) => {
    const all = new DisposableStack()
    for (const policy of policies) {
      const listening = policy.onChange?.(listener)
      if (listening !== undefined) all.use(listening)
    }
    return all
  }
}
