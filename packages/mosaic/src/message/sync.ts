import { concatBytes } from "../bytes.ts"
import { decodeAt } from "../decode-at.ts"
import { DecodeError } from "../errors.ts"
import { encodeFilter } from "../filter/encode.ts"
import type { Filter } from "../filter/filter.ts"
import { parseFilter } from "../filter/parse.ts"
import { HEADER_LENGTH, framed, requireLength, setQueryId, u8 } from "./fields.ts"
import { MESSAGE_TYPE as TYPE } from "./message-type.ts"

/** Begins a reconciliation of the records that match; `data` is the first negentropy message. `queryId` tells it apart from other queries. */
export interface SyncInit {
  readonly type: "syncInit"
  readonly queryId: number
  readonly filter: Filter
  readonly data: Uint8Array
}

/** The next negentropy message of the client. (Specification: sync, "Sync Data") */
export interface SyncClientData {
  readonly type: "syncClientData"
  readonly queryId: number
  readonly data: Uint8Array
}

/** Ends a reconciliation. */
export interface SyncClose {
  readonly type: "syncClose"
  readonly queryId: number
}

/** The next negentropy message of the server. (Specification: sync, "Sync Data") */
export interface SyncServerData {
  readonly type: "syncServerData"
  readonly queryId: number
  readonly data: Uint8Array
}

/** The reconciliation is over, and why. */
export interface SyncError {
  readonly type: "syncError"
  readonly queryId: number
  readonly result: number
}

/** The messages of a reconciliation. (Specification: sync) */
export type SyncMessage = SyncInit | SyncClientData | SyncClose | SyncServerData | SyncError

const NOTHING = new Uint8Array(0)

/** Writes a sync message. @throws {RangeError} for what does not fit its field. */
export function encodeSync(message: SyncMessage): Uint8Array {
  const { queryId } = message
  switch (message.type) {
    case "syncInit":
      return framed(TYPE.SYNC_INIT, concatBytes(encodeFilter(message.filter), message.data), (view) => setQueryId(view, queryId))
    case "syncClientData":
      return framed(TYPE.SYNC_CLIENT_DATA, message.data, (view) => setQueryId(view, queryId))
    case "syncServerData":
      return framed(TYPE.SYNC_SERVER_DATA, message.data, (view) => setQueryId(view, queryId))
    case "syncClose":
      return framed(TYPE.SYNC_CLOSE, NOTHING, (view) => setQueryId(view, queryId))
    case "syncError":
      return framed(TYPE.SYNC_ERROR, NOTHING, (view) => {
        setQueryId(view, queryId)
        view.setUint8(6, u8("result", message.result))
      })
  }
}

/** Reads a sync message; `data` is a view. @throws {DecodeError} `message length`; what a filter throws. */
export function parseSync(bytes: Uint8Array): SyncMessage {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const queryId = view.getUint16(4, true)
  switch (view.getUint8(0)) {
    case TYPE.SYNC_INIT:
      return { type: "syncInit", queryId, ...readInit(bytes, view) }
    case TYPE.SYNC_CLIENT_DATA:
      return { type: "syncClientData", queryId, data: bytes.subarray(HEADER_LENGTH) }
    case TYPE.SYNC_SERVER_DATA:
      return { type: "syncServerData", queryId, data: bytes.subarray(HEADER_LENGTH) }
    case TYPE.SYNC_CLOSE:
      requireLength(bytes, HEADER_LENGTH)
      return { type: "syncClose", queryId }
    default:
      requireLength(bytes, HEADER_LENGTH)
      return { type: "syncError", queryId, result: view.getUint8(6) }
  }
}

/** A filter says its own length in its first two bytes; what follows it is the negentropy message. */
function readInit(bytes: Uint8Array, view: DataView): Pick<SyncInit, "filter" | "data"> {
  if (bytes.length < HEADER_LENGTH + 2) throw new DecodeError("filter length: shorter than its header", bytes.length)
  const end = HEADER_LENGTH + view.getUint16(HEADER_LENGTH, true)
  if (end > bytes.length) throw new DecodeError("filter length: past the end of the message", HEADER_LENGTH)
  return {
    filter: decodeAt(HEADER_LENGTH, () => parseFilter(bytes.subarray(HEADER_LENGTH, end))),
    data: bytes.subarray(end),
  }
}
