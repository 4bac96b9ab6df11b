/**
 * Chooses few sets so that every item is in as many chosen ones as it needs: always the set that helps most items, the least rank among equals
 * (the greedy cover, at most ln n times the fewest). Takes time in proportion to all memberships, with a small factor for sorting equals.
 *
 * @param memberships of each item, the sets that hold it, by number from 0; each at most once.
 * @param needs of each item, how many chosen sets must hold it; lowered in place by what is chosen. An item's sets may be fewer.
 * @param ranks of each set, a number of its own.
 * @returns of each chosen set, the items that it is chosen for.
 */
export function cover(memberships: readonly (readonly number[])[], needs: number[], ranks: readonly number[]): Map<number, number[]> {
  const items = ranks.map((): number[] => [])
  memberships.forEach((sets, item) => {
    if ((needs[item] ?? 0) > 0) for (const set of sets) items[set]?.push(item)
  })
  const gains = items.map((held) => held.length)
  const byGain: number[][] = []
  const put = (set: number): void => void (byGain[gains[set] ?? 0] ??= []).push(set)
  gains.forEach((_, set) => put(set))
  const chosen = new Map<number, number[]>()
  for (let gain = byGain.length - 1; gain > 0; gain -= 1) {
    // Gains only fall: whatever will ever stand here stands here now.
    const equals = (byGain[gain] ?? []).sort((a, b) => (ranks[a] ?? 0) - (ranks[b] ?? 0))
    for (const set of equals) {
      if (gains[set] === gain) chosen.set(set, choose(items[set] ?? []))
      else put(set)
    }
  }
  return chosen

  function choose(held: readonly number[]): number[] {
    const helped = held.filter((item) => (needs[item] ?? 0) > 0)
    for (const item of helped) {
      needs[item] = (needs[item] ?? 0) - 1
      if (needs[item] === 0) for (const other of memberships[item] ?? []) gains[other] = (gains[other] ?? 0) - 1
    }
    return helped
  }
}
