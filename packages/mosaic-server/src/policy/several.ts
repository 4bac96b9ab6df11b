import type { AnnouncedBlob, Peer, Policy, PolicyContext, Verdict } from "./policy.ts"

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

/** A policy that says something of blobs. */
type BlobPolicy = Policy & Required<Pick<Policy, "admitBlob">>

/** `admitBlob` over those of the policies that say something of blobs; nothing when none does, because then none takes them. */
export function admitsBlobs(
  policies: readonly Policy[],
  judge: (asked: readonly BlobPolicy[], blob: AnnouncedBlob, peer: Peer, context: PolicyContext) => Promise<Verdict>,
): Pick<Policy, "admitBlob"> {
  const asked = policies.filter((policy): policy is BlobPolicy => policy.admitBlob !== undefined)
  return asked.length === 0 ? {} : { admitBlob: (blob, peer, context) => judge(asked, blob, peer, context) }
}
