import type { Brand } from "./brand.ts"
import { DecodeError } from "./errors.ts"

/** What a record is: application (32 bits), number within it (16 bits), bits for handling (16 bits). (Specification: kind) */
export type Kind = Brand<bigint, "Kind">

/** What servers do with several records of one address. */
export type Handling = "unique" | "ephemeral" | "replaceable" | "versioned"

/** To whom servers may show a record: its author, its author and those tagged, everybody. */
export type Readers = "author" | "tagged" | "everybody"

/** A kind taken apart. `application` is unsigned 32-bit, `number` unsigned 16-bit. */
export interface KindParts {
  readonly application: number
  readonly number: number
  readonly handling: Handling
  readonly readers: Readers
  /** The payload is text for people. */
  readonly printable?: boolean
}

const HANDLING: readonly Handling[] = ["unique", "ephemeral", "replaceable", "versioned"]
const READERS: readonly (Readers | undefined)[] = ["author", "tagged", undefined, "everybody"]
const RESERVED = 0xffe0n

function fault(value: bigint): string | undefined {
  if (value < 0n || value >= 1n << 64n) return "kind: not 64 bits"
  if ((value & RESERVED) !== 0n) return "reserved kind bits"
  if ((value & 0xcn) === 0x8n) return "reserved kind bits: reading rights"
  return undefined
}

/** Tells whether a number is a kind: 64 bits, nothing reserved set. */
export function isKind(value: bigint): value is Kind {
  return fault(value) === undefined
}

/** @throws {DecodeError} `reserved kind bits`. */
export function parseKind(value: bigint): Kind {
  if (!isKind(value)) throw new DecodeError(fault(value) ?? "kind")
  return value
}

/** Encodes a kind as 8 bytes, big-endian, as it is everywhere. */
export function encodeKind(kind: Kind): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, kind)
  return bytes
}

/** Decodes 8 bytes, big-endian, at `offset`. @throws {DecodeError} `kind` when bytes are missing, `reserved kind bits`. */
export function decodeKind(bytes: Uint8Array, offset = 0): Kind {
  if (bytes.length - offset < 8) throw new DecodeError("kind: 8 bytes expected", offset)
  const value = new DataView(bytes.buffer, bytes.byteOffset + offset, 8).getBigUint64(0)
  if (!isKind(value)) throw new DecodeError(fault(value) ?? "kind", offset)
  return value
}

/** Puts a kind together. @throws {RangeError} for an application or number beyond its bits. */
export function makeKind({ application, number, handling, readers, printable = false }: KindParts): Kind {
  if (!Number.isInteger(application) || application < 0 || application > 0xffff_ffff) throw new RangeError(`application: ${application}`)
  if (!Number.isInteger(number) || number < 0 || number > 0xffff) throw new RangeError(`number: ${number}`)
  const bits = HANDLING.indexOf(handling) | (READERS.indexOf(readers) << 2) | (printable ? 0x10 : 0)
  if (bits < 0) throw new RangeError(`handling or readers: ${handling}, ${readers}`)
  return parseKind((BigInt(application) << 32n) | (BigInt(number) << 16n) | BigInt(bits))
}

/** The application id, 32 bits: 0 is Mosaic Core, 1 Mosaic Social Media. */
export function kindApplication(kind: Kind): number {
  return Number(kind >> 32n)
}

/** The number within the application, 16 bits. */
export function kindNumber(kind: Kind): number {
  return Number((kind >> 16n) & 0xffffn)
}

/** What servers do with several records of one address. */
export function kindHandling(kind: Kind): Handling {
  return HANDLING[Number(kind & 3n)] ?? "unique"
}

/** To whom servers may show the record. */
export function kindReaders(kind: Kind): Readers {
  return READERS[Number((kind >> 2n) & 3n)] ?? "author"
}

/** Whether the payload is text for people. */
export function kindIsPrintable(kind: Kind): boolean {
  return (kind & 0x10n) !== 0n
}
