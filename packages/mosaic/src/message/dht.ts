import { DecodeError } from "../errors.ts"
import { HEADER_LENGTH, framed, requireLength, sized, u8 } from "./fields.ts"
import { MESSAGE_TYPE as TYPE } from "./message-type.ts"

/** Longest text of a bootstrap, in bytes: what BEP 44 leaves of its 1,000. (Specification: bootstrap) */
export const MAX_BOOTSTRAP_LENGTH = 983

const KEY_LENGTH = 32
const SIGNATURE_LENGTH = 64
const TEXT_OFFSET = 112
const MAX_SEQUENCE = 2n ** 63n - 1n

/** Whose bootstrap: a user's or a server's. */
export type BootstrapSelector = "user" | "server"

/** Asks a server to look a bootstrap up in the mainline DHT. The key has 32 bytes and is not looked at here. */
export interface DhtLookup {
  readonly type: "dhtLookup"
  readonly selector: BootstrapSelector
  readonly key: Uint8Array
}

/** A bootstrap as it lies in the DHT (BEP 44), not verified here: sequence number (63 bits), Ed25519 signature, text of at most 983 bytes. */
interface CarriedBootstrap {
  readonly selector: BootstrapSelector
  readonly key: Uint8Array
  readonly sequence: bigint
  readonly signature: Uint8Array
  readonly text: Uint8Array
}

/** What a lookup brought: sequence, signature and text are empty unless `result` is `SUCCESS`. */
export interface DhtResponse extends CarriedBootstrap {
  readonly type: "dhtResponse"
  readonly result: number
}

/** Asks a server to put a signed bootstrap into the DHT, and to keep it there. */
export interface DhtPut extends CarriedBootstrap {
  readonly type: "dhtPut"
}

/** What became of a bootstrap that was to be put. */
export interface DhtPutResult {
  readonly type: "dhtPutResult"
  readonly result: number
  readonly key: Uint8Array
}

export type DhtMessage = DhtLookup | DhtResponse | DhtPut | DhtPutResult

/** Writes a DHT message. @throws {RangeError} for what does not fit its field. */
export function encodeDht(message: DhtMessage): Uint8Array {
  const key = sized("key", message.key, KEY_LENGTH)
  switch (message.type) {
    case "dhtLookup":
      return framed(TYPE.DHT_LOOKUP, key, (view) => view.setUint8(4, SELECTORS.indexOf(message.selector)))
    case "dhtPutResult":
      return framed(TYPE.DHT_PUT_RESULT, key, (view) => view.setUint8(4, u8("result", message.result)))
    case "dhtPut":
      return framed(TYPE.DHT_PUT, carried(message), (view) => view.setUint8(4, SELECTORS.indexOf(message.selector)))
    case "dhtResponse":
      return framed(TYPE.DHT_RESPONSE, carried(message), (view) => {
        view.setUint8(4, u8("result", message.result))
        view.setUint8(5, SELECTORS.indexOf(message.selector))
      })
  }
}

/**
 * Reads a DHT message. Key, signature and text are views.
 *
 * @throws {DecodeError} `message length`; `selector` above 1; `sequence number` above 63 bits; `bootstrap length` above 983 bytes.
 */
export function parseDht(bytes: Uint8Array): DhtMessage {
  const [type = 0, , , , first = 0, second = 0] = bytes
  const key = bytes.subarray(HEADER_LENGTH, HEADER_LENGTH + KEY_LENGTH)
  switch (type) {
    case TYPE.DHT_LOOKUP:
      requireLength(bytes, HEADER_LENGTH + KEY_LENGTH)
      return { type: "dhtLookup", selector: readSelector(first, 4), key }
    case TYPE.DHT_PUT:
      return { type: "dhtPut", selector: readSelector(first, 4), ...readCarried(bytes), key }
    case TYPE.DHT_RESPONSE:
      return { type: "dhtResponse", result: first, selector: readSelector(second, 5), ...readCarried(bytes), key }
    default:
      requireLength(bytes, HEADER_LENGTH + KEY_LENGTH)
      return { type: "dhtPutResult", result: first, key }
  }
}

const SELECTORS: readonly BootstrapSelector[] = ["user", "server"]

function readSelector(value: number, offset: number): BootstrapSelector {
  const selector = SELECTORS[value]
  if (selector === undefined) throw new DecodeError("selector", offset)
  return selector
}

function carried({ key, sequence, signature, text }: CarriedBootstrap): Uint8Array {
  if (sequence < 0n || sequence > MAX_SEQUENCE) throw new RangeError(`sequence ${sequence} is not from 0 to 2^63 - 1`)
  if (text.length > MAX_BOOTSTRAP_LENGTH) throw new RangeError(`text: ${text.length} bytes, at most ${MAX_BOOTSTRAP_LENGTH}`)
  const bytes = new Uint8Array(TEXT_OFFSET - HEADER_LENGTH + text.length)
  bytes.set(key)
  new DataView(bytes.buffer).setBigUint64(32, sequence, true)
  bytes.set(sized("signature", signature, SIGNATURE_LENGTH), 40)
  bytes.set(text, TEXT_OFFSET - HEADER_LENGTH)
  return bytes
}

function readCarried(bytes: Uint8Array): Pick<CarriedBootstrap, "sequence" | "signature" | "text"> {
  if (bytes.length < TEXT_OFFSET) throw new DecodeError(`message length: below ${TEXT_OFFSET}`, bytes.length)
  if (bytes.length > TEXT_OFFSET + MAX_BOOTSTRAP_LENGTH) throw new DecodeError("bootstrap length", TEXT_OFFSET + MAX_BOOTSTRAP_LENGTH)
  const sequence = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(40, true)
  if (sequence > MAX_SEQUENCE) throw new DecodeError("sequence number", 40)
  return { sequence, signature: bytes.subarray(48, TEXT_OFFSET), text: bytes.subarray(TEXT_OFFSET) }
}
