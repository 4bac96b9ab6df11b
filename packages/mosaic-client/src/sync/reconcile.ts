import { type Filter, type ItemSet, compareBytes, idText, startInitiator, stepInitiator } from "@tessera/mosaic"
import type { MosaicConnection } from "../connection/mosaic-connection.ts"
import { yieldTurn } from "../connection/turn.ts"

/** The most bytes of a message of ours. What servers write they bound themselves. */
const FRAME_LENGTH = 65_536
const MOST_NEEDED = 1_000_000

/** What to reconcile, and what is given to the server. */
export interface ReconcileOptions {
  readonly filter: Filter
  /** What matches on this side. */
  readonly items: ItemSet
  readonly signal: AbortSignal
  /** The most bytes of a message of ours, 4,096 to 1,048,576; 65,536 when not given. */
  readonly frameLength?: number
  /** The most records that the server may name; a million when not given. */
  readonly mostNeeded?: number
}

/** What differs between this side and a server: the first 32 bytes of ids, newest first. */
export interface Difference {
  /** Only here. */
  readonly have: readonly Uint8Array[]
  /** Only there. */
  readonly need: readonly Uint8Array[]
  /** Messages there and back, and their bytes. */
  readonly rounds: number
  readonly bytes: number
}

/**
 * Finds out what differs between this side and what a server lets its peer read.
 *
 * @throws {QueryRefusedError} when the server does not want it: `TOO_OPEN` for a filter that is not narrow, or matches too much.
 * @throws {DecodeError} for what is no negentropy message; {VerifyError} when the server names too many records, or does not come to an end.
 * @throws what requests throw; the signal's reason when it aborts.
 */
export async function reconcile(
  connection: Pick<MosaicConnection, "openSync">,
  { filter, items, signal, frameLength = FRAME_LENGTH, mostNeeded = MOST_NEEDED }: ReconcileOptions,
): Promise<Difference> {
  let { state, output } = startInitiator(items, { frameLength, mostNeeded })
  const { message: first = new Uint8Array(0) } = output
  const have: Uint8Array[] = []
  const need: Uint8Array[] = []
  let bytes = first.length
  await using talk = await connection.openSync(filter, first, { signal })
  for (let { answer } = talk; ;) {
    bytes += answer.length
    ;({ state, output } = await workOn(stepInitiator(state, answer), signal))
    for (const id of output.have) have.push(id)
    for (const id of output.need) need.push(id)
    if (output.message === undefined) break
    bytes += output.message.length
    answer = await talk.ask(output.message)
  }
  return { have: newestFirst(have), need: newestFirst(need), rounds: state.rounds, bytes }
}

/** Takes steps to their end, giving way to other work. @throws the signal's reason. */
async function workOn<Result>(steps: Generator<void, Result, void>, signal: AbortSignal): Promise<Result> {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
    await yieldTurn()
    signal.throwIfAborted()
  }
}

/** Ids begin with their timestamps. */
const newestFirst = (ids: Uint8Array[]): Uint8Array[] => ids.sort((a, b) => compareBytes(b, a))

/** Ids as a set. */
export const textsOf = (ids: readonly Uint8Array[]): Set<string> => new Set(ids.map((id) => idText(id)))
