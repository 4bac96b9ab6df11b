import { DecodeError, concatBytes } from "@tessera/mosaic"

/** A value of BEP 3's encoding: an integer, a byte string, a list or a dictionary; its keys as Latin-1 text. */
export type Bencoded = bigint | Uint8Array | readonly Bencoded[] | Dictionary

/** A dictionary of {@link Bencoded} values. */
export type Dictionary = ReadonlyMap<string, Bencoded>

/** The deepest nesting that is read: messages of the DHT have four levels. */
const MAX_DEPTH = 8
/** As many digits as 64 bits have, and a sign. */
const MAX_DIGITS = 20

const I = 0x69
const L = 0x6c
const D = 0x64
const E = 0x65
const COLON = 0x3a

/** Writes a value; the keys of dictionaries in order. */
export function encodeBencode(value: Bencoded): Uint8Array {
  const parts: Uint8Array[] = []
  write(value, parts)
  return concatBytes(...parts)
}

/**
 * Reads one value and nothing behind it. Byte strings are views. Dictionaries may be out of order, as some senders write them.
 *
 * @throws {DecodeError} `bencode`.
 */
export function decodeBencode(bytes: Uint8Array): Bencoded {
  const reader = new Reader(bytes)
  const value = reader.value(0)
  if (reader.at !== bytes.length) throw new DecodeError("bencode: trailing bytes", reader.at)
  return value
}

/** The dictionary that a value is; empty when it is none. */
export const asDictionary = (value: Bencoded | undefined): Dictionary => (value instanceof Map ? (value as Dictionary) : NO_ENTRIES)

/** The bytes that a value is. */
export const asBytes = (value: Bencoded | undefined): Uint8Array | undefined => (value instanceof Uint8Array ? value : undefined)

/** The integer that a value is. */
export const asInteger = (value: Bencoded | undefined): bigint | undefined => (typeof value === "bigint" ? value : undefined)

/** ASCII text as bytes. */
export const ascii = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0))

const NO_ENTRIES: Dictionary = new Map()

function write(value: Bencoded, parts: Uint8Array[]): void {
  if (typeof value === "bigint") parts.push(ascii(`i${value}e`))
  else if (value instanceof Uint8Array) parts.push(ascii(`${value.length}:`), value)
  else if (Array.isArray(value)) {
    parts.push(ascii("l"))
    for (const entry of value as readonly Bencoded[]) write(entry, parts)
    parts.push(ascii("e"))
  } else {
    parts.push(ascii("d"))
    const entries = [...(value as Dictionary)].sort(([a], [b]) => (a < b ? -1 : 1))
    for (const [key, entry] of entries) {
      write(ascii(key), parts)
      write(entry, parts)
    }
    parts.push(ascii("e"))
  }
}

class Reader {
  readonly #bytes: Uint8Array
  at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  value(depth: number): Bencoded {
    if (depth > MAX_DEPTH) throw new DecodeError("bencode: depth", this.at)
    const first = this.#bytes[this.at]
    if (first === L) return this.#list(depth)
    if (first === D) return this.#dictionary(depth)
    if (first !== I) return this.#string()
    this.at += 1
    return this.#integer(E)
  }

  #list(depth: number): Bencoded {
    const list: Bencoded[] = []
    this.at += 1
    while (!this.#ends()) list.push(this.value(depth + 1))
    return list
  }

  #dictionary(depth: number): Bencoded {
    const entries = new Map<string, Bencoded>()
    this.at += 1
    while (!this.#ends()) {
      const key = this.#string()
      entries.set(String.fromCharCode(...key.subarray(0, 64)), this.value(depth + 1))
    }
    return entries
  }

  #ends(): boolean {
    if (this.#bytes[this.at] !== E) return false
    this.at += 1
    return true
  }

  #string(): Uint8Array {
    const start = this.at
    const length = this.#integer(COLON)
    if (length < 0n || length > BigInt(this.#bytes.length - this.at)) throw new DecodeError("bencode: length", start)
    this.at += Number(length)
    return this.#bytes.subarray(this.at - Number(length), this.at)
  }

  #integer(end: number): bigint {
    const start = this.at
    const to = this.#bytes.subarray(start, start + MAX_DIGITS + 1).indexOf(end)
    const text = to < 0 ? "" : String.fromCharCode(...this.#bytes.subarray(start, start + to))
    if (!/^(?:0|-?[1-9]\d*)$/u.test(text)) throw new DecodeError("bencode: integer", start)
    this.at = start + to + 1
    return BigInt(text)
  }
}
