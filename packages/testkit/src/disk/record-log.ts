import { createHash } from "node:crypto"
import { type Timestamp, parseTimestamp } from "@tessera/mosaic"

/** One change of the records, whole or not at all. */
export type LogEntry =
  | { readonly type: "put"; readonly now: Timestamp; readonly records: readonly Uint8Array[] }
  | { readonly type: "remove" | "forget"; readonly ids: readonly Uint8Array[] }

const HEADER = 4 + 8

/** An entry's first byte is its type's place here. */
const TYPES = [undefined, "put", "remove", "forget"] as const

/** An entry as it is appended: length, checksum, then what it holds. */
export function encodeLogEntry(entry: LogEntry): Uint8Array {
  const parts = "records" in entry ? entry.records : entry.ids
  const body = new Uint8Array(9 + parts.reduce((sum, part) => sum + 4 + part.length, 0))
  const view = new DataView(body.buffer)
  body[0] = TYPES.indexOf(entry.type)
  view.setBigInt64(1, entry.type === "put" ? entry.now : 0n)
  let at = 9
  for (const part of parts) {
    view.setUint32(at, part.length)
    body.set(part, at + 4)
    at += 4 + part.length
  }
  const bytes = new Uint8Array(HEADER + body.length)
  new DataView(bytes.buffer).setUint32(0, body.length)
  bytes.set(checksum(body), 4)
  bytes.set(body, HEADER)
  return bytes
}

/** The entries that are whole, and where the last of them ends: what follows was being written when the power went. */
export function readLog(bytes: Uint8Array): { readonly entries: readonly LogEntry[]; readonly end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const entries: LogEntry[] = []
  let end = 0
  while (end + HEADER <= bytes.length) {
    const length = view.getUint32(end)
    const body = bytes.subarray(end + HEADER, end + HEADER + length)
    if (body.length < length || !checksum(body).equals(bytes.subarray(end + 4, end + HEADER))) break
    entries.push(readBody(body))
    end += HEADER + length
  }
  return { entries, end }
}

function readBody(body: Uint8Array): LogEntry {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  const parts: Uint8Array[] = []
  for (let at = 9; at < body.length;) {
    const length = view.getUint32(at)
    parts.push(body.slice(at + 4, at + 4 + length))
    at += 4 + length
  }
  const type = TYPES[body[0] ?? 0] ?? "remove"
  return type === "put" ? { type, now: parseTimestamp(view.getBigInt64(1)), records: parts } : { type, ids: parts }
}

function checksum(body: Uint8Array): Buffer {
  return createHash("sha256").update(body).digest().subarray(0, 8)
}
