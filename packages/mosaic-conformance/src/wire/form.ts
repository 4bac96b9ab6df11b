import { isResultCode } from "@tessera/mosaic"
import { isZero, readLittleEndian } from "./bytes.ts"
import { TYPE, typeName } from "./type.ts"

/** How the messages that a server may send are laid out, written from their tables. */
interface Form {
  readonly least: number
  /** Only this length, when `least` is not enough. */
  readonly most?: number
  /** Where the result code stands. */
  readonly result?: number
  /** Bytes that are zero: from, to. */
  readonly zeros: readonly (readonly [number, number])[]
  /** What stands behind byte 8 comes in pieces of so many bytes. */
  readonly unit?: number
}

const FORMS: ReadonlyMap<number, Form> = new Map<number, Form>([
  [TYPE.HELLO_ACK, { least: 8, result: 4, zeros: [[5, 6]], unit: 4 }],
  [TYPE.RECORD, { least: 160, zeros: [[6, 8]], unit: 8 }],
  [TYPE.LOCALLY_COMPLETE, { least: 8, most: 8, zeros: [[6, 8]] }],
  [TYPE.QUERY_CLOSED, { least: 8, most: 8, result: 6, zeros: [[7, 8]] }],
  [TYPE.SUBMISSION_RESULT, { least: 40, most: 40, result: 4, zeros: [[5, 8]] }],
  [TYPE.BLOB_SUBMISSION_RESULT, { least: 40, most: 40, result: 1, zeros: [[2, 8]] }],
  [TYPE.BLOB_RESULT, { least: 40, result: 1, zeros: [] }],
  [TYPE.UNRECOGNIZED, { least: 8, most: 8, zeros: [[4, 8]] }],
  [TYPE.CLOSING, { least: 8, most: 8, result: 1, zeros: [[2, 8]] }],
  [TYPE.DHT_RESPONSE, { least: 112, result: 4, zeros: [[6, 8]] }],
  [TYPE.DHT_PUT_RESULT, { least: 40, most: 40, result: 4, zeros: [[5, 8]] }],
  [TYPE.IDENTITY, { least: 136, most: 136, zeros: [[4, 8]] }],
  [TYPE.SERVER_SYNC_DATA, { least: 8, zeros: [] }],
  [TYPE.SYNC_ERROR, { least: 8, zeros: [] }],
])

/** What is wrong with a message of a server: its form, or that it is none of a server's. Undefined when nothing is. */
export function formFault(bytes: Uint8Array): string | undefined {
  const type = bytes[0] ?? 0
  const form = FORMS.get(type)
  if (form === undefined) return `a message of type ${typeName(type)}, which servers do not send`
  const name = typeName(type)
  if (bytes.length < form.least || bytes.length > (form.most ?? Infinity)) return `${name} of ${bytes.length} bytes`
  if (form.unit !== undefined && (bytes.length - 8) % form.unit !== 0) return `${name} of ${bytes.length} bytes`
  for (const [from, to] of form.zeros) if (!isZero(bytes.subarray(from, to))) return `${name}: bytes ${from} to ${to} are not zero`
  const result = form.result === undefined ? 1 : (bytes[form.result] ?? 0)
  if (!isResultCode(result) || result === 0) return `${name} with the result code ${result}, which is not defined`
  return undefined
}

/** The whole length of the message that starts with these bytes; undefined when more of them are needed to tell. */
export function messageLength(head: Uint8Array): number | undefined {
  const type = head[0]
  if (type === TYPE.CLOSING) return 8
  if (type === TYPE.BLOB_SUBMISSION_RESULT) return 40
  if (type === TYPE.BLOB_RESULT) return head.length < 8 ? undefined : 40 + readLittleEndian(head, 2, 8)
  return head.length < 4 ? undefined : readLittleEndian(head, 1, 4)
}
