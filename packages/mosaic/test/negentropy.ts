import type { Initiator, InitiatorStep } from "../src/negentropy/initiator.ts"
import { startInitiator, stepInitiator } from "../src/negentropy/initiator.ts"
import type { ItemSet } from "../src/negentropy/item-set.ts"
import { ItemSetBuilder } from "../src/negentropy/item-set-builder.ts"
import { respond } from "../src/negentropy/responder.ts"
import { toHex } from "../src/bytes.ts"

export interface Item {
  readonly timestamp: bigint
  readonly id: Uint8Array
}

export function setOf(items: Iterable<Item>): ItemSet {
  const builder = new ItemSetBuilder()
  for (const { timestamp, id } of items) builder.add(timestamp, id)
  return builder.finish()
}

/** Runs a step to its end, without giving way. */
export function finish<Result>(steps: Generator<void, Result, void>): Result {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

export interface Reconciliation {
  /** In hexadecimal, sorted. */
  readonly have: readonly string[]
  readonly need: readonly string[]
  readonly rounds: number
  readonly longest: number
  readonly bytes: number
}

/** Reconciles with whoever answers. Ids that came twice would be kept twice. */
export function reconcileWith(
  items: ItemSet,
  answer: (message: Uint8Array) => Uint8Array,
  { frameLength = 65_536, mostNeeded = 1_000_000 }: { readonly frameLength?: number; readonly mostNeeded?: number } = {},
): Reconciliation {
  const have: string[] = []
  const need: string[] = []
  let longest = 0
  let bytes = 0
  let step: InitiatorStep = startInitiator(items, { frameLength, mostNeeded })
  let state: Initiator = step.state
  while (step.output.message !== undefined) {
    const reply = answer(step.output.message)
    longest = Math.max(longest, reply.length, step.output.message.length)
    bytes += reply.length + step.output.message.length
    step = finish(stepInitiator(state, reply))
    state = step.state
    have.push(...step.output.have.map(toHex))
    need.push(...step.output.need.map(toHex))
  }
  return { have: have.toSorted(), need: need.toSorted(), rounds: state.rounds, longest, bytes }
}

export const answering =
  (items: ItemSet, frameLength = 65_536) =>
  (message: Uint8Array): Uint8Array =>
    finish(respond(items, message, frameLength))
