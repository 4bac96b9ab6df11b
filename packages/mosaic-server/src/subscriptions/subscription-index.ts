import { type Filter, type VerifiedRecord, tagName, toHex } from "@tessera/mosaic"
import type { Subscription } from "./subscription.ts"

/** What a subscription is found by: the first of these that its filter names. */
type Way = "author" | "tag" | "kind" | "any"

/**
 * Open subscriptions by what their filters name, so that a new record is compared with those that it may match, and the others cost nothing: by author,
 * else by a tag that the record must carry, else by kind.
 */
export class SubscriptionIndex {
  readonly #found: Readonly<Record<Way, Map<string, Set<Subscription>>>> = {
    author: new Map(),
    tag: new Map(),
    kind: new Map(),
    any: new Map(),
  }
  readonly #all = new Set<Subscription>()

  get size(): number {
    return this.#all.size
  }

  add(subscription: Subscription): void {
    this.#all.add(subscription)
    const { way, names } = waysTo(subscription.filter)
    for (const name of names) {
      const subscriptions = this.#found[way].get(name)
      if (subscriptions === undefined) this.#found[way].set(name, new Set([subscription]))
      else subscriptions.add(subscription)
    }
  }

  delete(subscription: Subscription): void {
    if (!this.#all.delete(subscription)) return
    const { way, names } = waysTo(subscription.filter)
    for (const name of names) {
      const subscriptions = this.#found[way].get(name)
      subscriptions?.delete(subscription)
      if (subscriptions?.size === 0) this.#found[way].delete(name)
    }
  }

  /** Those that a record may match, each once. */
  *candidates(record: VerifiedRecord): Generator<Subscription, void, void> {
    yield* this.#found.author.get(toHex(record.author)) ?? []
    if (this.#found.tag.size > 0) yield* this.#byTags(record)
    if (this.#found.kind.size > 0) yield* this.#found.kind.get(String(record.kind)) ?? []
    yield* this.#found.any.get("") ?? []
  }

  *#byTags(record: VerifiedRecord): Generator<Subscription, void, void> {
    // One that asked for any of several tags is found by several.
    const seen = new Set<Subscription>()
    for (const name of new Set(record.tags.map(tagName))) {
      for (const subscription of this.#found.tag.get(name) ?? []) if (seen.size < seen.add(subscription).size) yield subscription
    }
  }
}

function waysTo(filter: Filter): { readonly way: Way; readonly names: Iterable<string> } {
  if (filter.authors !== undefined) return { way: "author", names: new Set(filter.authors.map(toHex)) }
  const [tags, ...others] = filter.includedTags ?? []
  if (tags !== undefined) {
    const fewest = others.reduce((least, list) => (list.length < least.length ? list : least), tags)
    return { way: "tag", names: new Set(fewest.map(tagName)) }
  }
  if (filter.kinds !== undefined) return { way: "kind", names: new Set(filter.kinds.map(String)) }
  return { way: "any", names: [""] }
}
