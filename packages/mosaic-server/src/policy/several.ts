import type { Policy } from "./policy.ts"

/** What of several policies is the same however their verdicts are combined: each is tidied, may change, and may hold something back. */
export function tidyAll(policies: readonly Policy[]): NonNullable<Policy["tidy"]> {
  return async (store, now, signal) => {
    for (const policy of policies) await policy.tidy?.(store, now, signal)
  }
}

export function waitingAt(policies: readonly Policy[]): NonNullable<Policy["waiting"]> {
  return async (references, peer, context) => {
    const found = []
    for (const policy of policies) found.push(...((await policy.waiting?.(references, peer, context)) ?? []))
    return found
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
