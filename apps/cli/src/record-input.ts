import { fromHex, MAX_RECORD_LENGTH, parseRecordText } from "@tessera/mosaic"
import { CommandError } from "./command.ts"

/** One record of an input: its bytes, or why there are none. */
export type RecordInput = { readonly bytes: Uint8Array } | { readonly reason: string }

const HEX_LINE = /^[0-9a-fA-F]+$/
/** The longest line that can hold a record, as hex; `morecord0…` is shorter. */
const LINE_LIMIT = 2 * MAX_RECORD_LENGTH
const TEXT_BYTES = /^[\t\r\n\x20-\x7e]*$/

/**
 * Splits an input into records: one binary record, or text with one record a line, as hex or `morecord0…`; empty lines are passed over.
 * Holds at most one line in memory.
 */
export async function* readRecords(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<RecordInput> {
  const iterator = chunks[Symbol.asyncIterator]()
  const first = await iterator.next()
  if (first.done === true) return
  const rest = prepend(first.value, { [Symbol.asyncIterator]: () => iterator })
  // No record of 216 bytes or more consists of printable ASCII alone, because its flags and reserved kind bits hold zeros.
  if (TEXT_BYTES.test(Buffer.from(first.value).toString("latin1"))) yield* readLines(rest)
  else yield { bytes: await collect(rest) }
}

async function* prepend(first: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first
  yield* rest
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const chunk of chunks) {
    length += chunk.length
    if (length > MAX_RECORD_LENGTH)
      throw new CommandError("tooLarge", `a record has at most ${MAX_RECORD_LENGTH} bytes, and this input has more.`)
    parts.push(chunk)
  }
  return Buffer.concat(parts)
}

async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<RecordInput> {
  let parts: string[] = []
  let length = 0
  let skipping = false
  for await (const chunk of chunks) {
    const pieces = Buffer.from(chunk).toString("latin1").split("\n")
    for (const [index, piece] of pieces.entries()) {
      if (index > 0) {
        if (skipping) yield { reason: "length" }
        else yield* readLine(parts.join(""))
        parts = []
        length = 0
        skipping = false
      }
      length += piece.length
      skipping ||= length > LINE_LIMIT + 2
      if (skipping) parts = []
      else parts.push(piece)
    }
  }
  if (skipping) yield { reason: "length" }
  else yield* readLine(parts.join(""))
}

function* readLine(raw: string): Generator<RecordInput> {
  const line = raw.trim()
  if (line === "") return
  if (HEX_LINE.test(line) && line.length % 2 === 0) {
    yield { bytes: fromHex(line) }
    return
  }
  try {
    yield { bytes: parseRecordText(line).bytes }
  } catch {
    yield { reason: "not hex" }
  }
}
