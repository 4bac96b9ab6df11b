import type { Source } from "./source.ts"

/** Something that reads what strangers send. */
export interface Target {
  readonly name: string
  /** How many inputs it gets for each 1,000 of the cheapest targets: what takes long gets fewer. */
  readonly share: number
  /** Good inputs, which are changed. */
  readonly good: readonly Uint8Array[]
  /** Puts right, in every second input, what would stop it at the door, such as a length in its header. */
  readonly repair?: (bytes: Uint8Array) => void
  /**
   * Reads one input, and checks what must be true of whatever is read.
   *
   * @throws {DecodeError} or {@link VerifyError} when it is refused, as strangers' bytes may be; {@link Broken} when a law does not hold.
   */
  take(bytes: Uint8Array, source: Source): void
}

/** A law does not hold. */
export class Broken extends Error {
  override readonly name = "Broken"
}

export function expectLaw(holds: boolean, law: string): void {
  if (!holds) throw new Broken(law)
}

export function expectSame(one: Uint8Array, other: Uint8Array, law: string): void {
  if (one.length !== other.length || one.some((byte, index) => byte !== other[index])) throw new Broken(law)
}

/** Inputs that are not needed to be random. */
export const sampled = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index))
