import { Tokenizer, Type, decode, encode } from "cborg"
import type { DecodeOptions, Token } from "cborg"
import { decodeUtf8 } from "./bytes.ts"
import { DecodeError } from "./errors.ts"

const OPTIONS: DecodeOptions = {
  strict: true,
  useMaps: true,
  rejectDuplicateMapKeys: true,
  allowBigInt: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowInfinity: false,
  allowNaN: false,
  retainStringBytes: true,
}
const MAX_DEPTH = 16

/**
 * Reads one CBOR value (RFC 8949) that fills `bytes`: definite lengths, shortest integers, valid UTF-8, no repeated keys, no tags, at most 16 levels deep.
 * Maps become `Map`s, integers beyond 2^53 `bigint`s.
 *
 * @throws {DecodeError} `CBOR`, for anything else.
 */
export function decodeCbor(bytes: Uint8Array): unknown {
  // Of a Node Buffer the library would give Buffers, which share its memory.
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const tokenizer = new BoundedTokenizer(plain, OPTIONS)
  try {
    return decode(plain, { ...OPTIONS, tokenizer })
  } catch (error) {
    throw new DecodeError(`CBOR: ${error instanceof Error ? error.message : String(error)}`, tokenizer.pos())
  }
}

/** Writes a value as CBOR, keys in canonical order. `Map`s and plain objects become maps; properties that are `undefined` are left out. */
export const encodeCbor = (value: unknown): Uint8Array => new Uint8Array(encode(value, { ignoreUndefinedProperties: true }))

/** The library's decoder recurses into what it reads, and replaces what is not UTF-8: both are stopped here, before it sees them. */
class BoundedTokenizer extends Tokenizer {
  /** For each open array or map, how many values are missing. */
  readonly #open: number[] = []

  override next(): Token {
    const token: Token = super.next()
    this.#count(1)
    if (token.byteValue !== undefined) token.value = decodeUtf8(token.byteValue)
    if (Type.equals(token.type, Type.array)) this.#enter(token.value)
    else if (Type.equals(token.type, Type.map)) this.#enter(2 * token.value)
    return token
  }

  #enter(values: number): void {
    if (values === 0) return this.#leaveFull()
    if (this.#open.length >= MAX_DEPTH) throw new DecodeError(`more than ${MAX_DEPTH} levels`)
    this.#open.push(values)
  }

  #count(values: number): void {
    this.#leaveFull()
    const last = this.#open.length - 1
    const missing = this.#open[last]
    if (missing !== undefined) this.#open[last] = missing - values
  }

  #leaveFull(): void {
    while (this.#open.at(-1) === 0) this.#open.pop()
  }
}
