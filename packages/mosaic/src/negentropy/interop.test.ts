import { nip77 } from "nostr-tools"
import { describe, expect, test } from "vitest"
import { type Item, answering, setOf } from "../../test/negentropy.ts"
import { Random } from "../../test/random.ts"
import { fromHex, toHex } from "../bytes.ts"

/** Sets of different shapes. The other implementation has timestamps of 31 bits and only begins; `vectors.test.ts` has the rest. */
function sets(shared: number, mine: number, theirs: number): { mine: Item[]; theirs: Item[] } {
  const random = new Random(shared + mine + theirs)
  // Few moments, so that prefixes of ids matter.
  const make = (): Item => ({ timestamp: BigInt(random.below(2) === 0 ? random.below(2 ** 30) : random.below(5)), id: random.bytes(32) })
  const both = Array.from({ length: shared }, make)
  return { mine: [...both, ...Array.from({ length: mine }, make)], theirs: [...both, ...Array.from({ length: theirs }, make)] }
}

function other(items: readonly Item[], frameLength: number): nip77.Negentropy {
  const storage = new nip77.NegentropyStorageVector()
  for (const { timestamp, id } of items) storage.insert(Number(timestamp), toHex(id))
  storage.seal()
  return new nip77.Negentropy(storage, frameLength)
}

const hexOf = (items: readonly Item[]): string[] => items.map(({ id }) => toHex(id)).toSorted()

describe.each([
  [0, 0, 0],
  [40, 0, 0],
  [10, 3, 2],
  [1_000, 10, 10],
  [3_000, 0, 30],
  [0, 700, 900],
  [0, 0, 2_000],
  [0, 2_000, 0],
])("with an independent implementation: %i shared, %i and %i of one side alone", (shared, mine, theirs) => {
  const all = sets(shared, mine, theirs)
  const [haves, needs] = [hexOf(all.mine.slice(shared)), hexOf(all.theirs.slice(shared))]

  test.each([4_096, 60_000])("ours answers, frames of %i bytes", (frameLength) => {
    const peer = other(all.mine, frameLength)
    const answer = answering(setOf(all.theirs), frameLength)
    const [have, need]: [string[], string[]] = [[], []]
    let message: string | null = peer.initiate()
    for (let round = 0; message !== null; round += 1) {
      expect(round).toBeLessThan(500)
      const reply = answer(fromHex(message))
      expect(reply.length).toBeLessThanOrEqual(frameLength)
      message = peer.reconcile(
        toHex(reply),
        (id) => have.push(id),
        (id) => need.push(id),
      )
    }
    expect(have.toSorted()).toEqual(haves)
    expect(need.toSorted()).toEqual(needs)
  })
})
