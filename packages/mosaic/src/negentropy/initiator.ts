import { DecodeError, VerifyError } from "../errors.ts"
import { idText } from "./id-text.ts"
import type { ItemSet } from "./item-set.ts"
import { PROTOCOL_VERSION } from "./range.ts"
import { MIN_FRAME_LENGTH, openingMessage, reconcileRanges } from "./reconcile.ts"
import { isProtocolVersion } from "./responder.ts"

/** Rounds that are allowed whatever the sets are, and then one for each so many items that take part. */
const ROUNDS = 100
const ITEMS_A_ROUND = 16

/** The side that begins, and learns what differs. */
export interface Initiator {
  readonly items: ItemSet
  readonly frameLength: number
  /** How many ids the other side may name that are not here. */
  readonly mostNeeded: number
  /** Messages answered so far. */
  readonly rounds: number
  /** Ids needed so far. */
  readonly needed: number
  /** Those had and needed so far, as texts; shared by all states of one reconciliation. What is not talked to its end in one frame comes up again. */
  readonly named: Set<string>
}

/** The side that began after a step, and what is to be done now. */
export interface InitiatorStep {
  readonly state: Initiator
  readonly output: {
    /** To be sent next; absent when all is known. */
    readonly message?: Uint8Array
    /** 32-byte ids that only this side has, and that only the other has; each once in all steps. */
    readonly have: readonly Uint8Array[]
    readonly need: readonly Uint8Array[]
  }
}

/** What the side that begins allows. */
export interface InitiatorOptions {
  /** The most bytes of a message, at least 4,096. */
  readonly frameLength: number
  readonly mostNeeded: number
}

/** Begins to reconcile. @throws {RangeError} for a frame below 4,096 bytes. */
export function startInitiator(items: ItemSet, { frameLength, mostNeeded }: InitiatorOptions): InitiatorStep {
  checkFrameLength(frameLength)
  const state: Initiator = { items, frameLength, mostNeeded, rounds: 0, needed: 0, named: new Set() }
  return { state, output: { message: openingMessage(items, frameLength), have: [], need: [] } }
}

/**
 * Takes the other side's answer; a state is stepped once. Yields between pieces of work.
 *
 * @throws {DecodeError} for what is no message, and for another version of the protocol.
 * @throws {VerifyError} `reconciliation`: it names more than it may, or goes on for longer than it can take.
 */
export function* stepInitiator(state: Initiator, message: Uint8Array): Generator<void, InitiatorStep, void> {
  const [version] = message
  if (!isProtocolVersion(version)) throw new DecodeError("negentropy version", 0)
  if (version !== PROTOCOL_VERSION) throw new DecodeError(`negentropy version: 0x${version?.toString(16)} is not spoken here`, 0)
  const { items, frameLength, mostNeeded } = state
  const { reply, isDone, ...found } = yield* reconcileRanges(items, message, { frameLength, role: "initiator" })
  const isNew = (id: Uint8Array): boolean => state.named.size < state.named.add(idText(id)).size
  const [have, need] = [found.have.filter(isNew), found.need.filter(isNew)]
  const next: Initiator = { ...state, rounds: state.rounds + 1, needed: state.needed + need.length }
  if (next.needed > mostNeeded) throw new VerifyError(`reconciliation: more than ${mostNeeded} ids`)
  const named = Math.floor((items.size + next.needed) / ITEMS_A_ROUND)
  if (!isDone && next.rounds >= ROUNDS + named) throw new VerifyError("reconciliation: it does not end")
  return { state: next, output: isDone ? { have, need } : { message: reply, have, need } }
}

function checkFrameLength(frameLength: number): void {
  if (!Number.isInteger(frameLength) || frameLength < MIN_FRAME_LENGTH)
    throw new RangeError(`frameLength: ${frameLength}, at least ${MIN_FRAME_LENGTH} expected`)
}
