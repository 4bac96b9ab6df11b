import { type Bound, END, ITEM_ID_LENGTH } from "./bound.ts"
import { idText } from "./id-text.ts"
import type { ItemSet } from "./item-set.ts"
import { MAX_RANGE_LENGTH, type Range, RangeWriter, readRanges } from "./range.ts"
import { equalBytes } from "../bytes.ts"

/** A range whose fingerprints differ is cut into so many, or listed when it has fewer than twice as many items. */
const PARTS = 16
const LISTED = 2 * PARTS

/** How many ids, or ranges, are looked at before others get their turn. */
const TURN_IDS = 1_024
const TURN_RANGES = 64

/** Room for what may have to be written at last: the fingerprint of all that is left. */
const RESERVED = MAX_RANGE_LENGTH

/** The least frame: several ranges must fit. */
export const MIN_FRAME_LENGTH = 4_096

/** One side's answer to a message. */
export interface Reconciled {
  /** Version byte and ranges. */
  readonly reply: Uint8Array
  /** Nothing is left to talk about. */
  readonly isDone: boolean
  /** What this side has and the other has not; found by the side that began. Copies. May have been found before. */
  readonly have: readonly Uint8Array[]
  /** What the other side has and this one has not. */
  readonly need: readonly Uint8Array[]
}

/** Begins: says what there is, coarsely. */
export function openingMessage(items: ItemSet, frameLength: number): Uint8Array {
  return new Reconciliation(items, frameLength, "initiator").open()
}

/**
 * Answers the ranges of one message, newest protocol only; yields between pieces of work, so that a caller can give way to others. What does not fit
 * into the frame is left for later: everything behind gets one fingerprint.
 *
 * Time grows with the length of the message and of the answer, each range costing O(log n); the answer has at most `frameLength` bytes.
 *
 * @throws {DecodeError} as `readRanges`, when it comes to what is wrong.
 */
export function reconcileRanges(
  items: ItemSet,
  message: Uint8Array,
  options: { readonly frameLength: number; readonly role: "initiator" | "responder" },
): Generator<void, Reconciled, void> {
  return new Reconciliation(items, options.frameLength, options.role).answer(message)
}

class Reconciliation {
  readonly #items: ItemSet
  readonly #frameLength: number
  readonly #role: "initiator" | "responder"
  readonly #writer: RangeWriter
  readonly #have: Uint8Array[] = []
  readonly #need: Uint8Array[] = []
  /** The index at which the range begins that is worked on. */
  #lower = 0

  constructor(items: ItemSet, frameLength: number, role: "initiator" | "responder") {
    this.#items = items
    this.#frameLength = frameLength
    this.#role = role
    this.#writer = new RangeWriter(frameLength)
  }

  open(): Uint8Array {
    this.#divide(this.#items.size, END)
    return this.#writer.finish()
  }

  *answer(message: Uint8Array): Generator<void, Reconciled, void> {
    let ranges = 0
    for (const range of readRanges(message)) {
      ranges += 1
      if (ranges % TURN_RANGES === 0) yield
      const upper = this.#items.find(range.upper, this.#lower)
      if (!(yield* this.#answerRange(range, upper))) {
        this.#leave()
        break
      }
      this.#lower = upper
    }
    return { reply: this.#writer.finish(), isDone: this.#writer.isEmpty, have: this.#have, need: this.#need }
  }

  /** False when there is no room: the range must be talked about again. */
  *#answerRange(range: Range, upper: number): Generator<void, boolean, void> {
    switch (range.mode) {
      case "skip":
        this.#writer.skip(range.upper)
        return true
      case "fingerprint":
        if (!equalBytes(range.fingerprint, this.#items.fingerprint(this.#lower, upper))) return this.#divide(upper, range.upper)
        this.#writer.skip(range.upper)
        return true
      case "idList":
        if (this.#role === "responder") return this.#listOwn(range.ids, upper, range.upper)
        yield* this.#compare(range.ids, upper)
        this.#writer.skip(range.upper)
        return true
    }
  }

  /** Says more exactly what there is in a range that differs. */
  #divide(upper: number, upperBound: Bound): boolean {
    const count = upper - this.#lower
    if (count < LISTED) return this.#list(upper, upperBound)
    if (this.#room < PARTS * MAX_RANGE_LENGTH) return false
    let from = this.#lower
    for (let part = 1; part <= PARTS; part += 1) {
      const to = this.#lower + Math.floor((count * part) / PARTS)
      this.#writer.fingerprint(part === PARTS ? upperBound : this.#items.boundAt(to), this.#items.fingerprint(from, to))
      from = to
    }
    return true
  }

  #list(upper: number, upperBound: Bound): boolean {
    if (this.#room < MAX_RANGE_LENGTH + (upper - this.#lower) * ITEM_ID_LENGTH) return false
    this.#writer.idList(upperBound, this.#items.ids(this.#lower, upper))
    return true
  }

  /** Answers a list with this side's, as much of it as there is room for. */
  #listOwn(listed: Uint8Array, upper: number, upperBound: Bound): boolean {
    if (equalBytes(listed, this.#items.ids(this.#lower, Math.min(upper, this.#lower + listed.length / ITEM_ID_LENGTH + 1)))) {
      this.#writer.skip(upperBound)
      return true
    }
    const fitting = Math.floor((this.#room - MAX_RANGE_LENGTH) / ITEM_ID_LENGTH)
    if (upper - this.#lower <= fitting) return this.#list(upper, upperBound)
    if (fitting <= 0) return false
    const end = this.#lower + fitting
    this.#list(end, this.#items.boundAt(end))
    this.#lower = end
    return false
  }

  /** Compares the other side's list with what is here. */
  *#compare(listed: Uint8Array, upper: number): Generator<void, void, void> {
    const theirs = new Map<string, number>()
    for (let at = 0; at < listed.length; at += ITEM_ID_LENGTH) {
      theirs.set(idText(listed, at), at)
      if ((at / ITEM_ID_LENGTH) % TURN_IDS === TURN_IDS - 1) yield
    }
    for (let index = this.#lower; index < upper; index += 1) {
      const id = this.#items.id(index)
      if (!theirs.delete(idText(id))) this.#have.push(id.slice())
      if (index % TURN_IDS === TURN_IDS - 1) yield
    }
    for (const at of theirs.values()) this.#need.push(listed.slice(at, at + ITEM_ID_LENGTH))
  }

  /** One fingerprint for all that is behind. */
  #leave(): void {
    this.#writer.fingerprint(END, this.#items.fingerprint(this.#lower, this.#items.size))
  }

  get #room(): number {
    return this.#frameLength - this.#writer.length - RESERVED
  }
}
