import { DecodeError, type RecordId, type Timestamp, fromHex, parseRecordId, parseTimestamp, toHex } from "@tessera/mosaic"

/**
 * Up to where a subscription has brought everything: a small plain value that can be kept as JSON and handed to a later `keepSubscribed` with the
 * same filter and server. Nothing that the server received up to the anchor is missing.
 */
export interface ResumePoint {
  readonly version: 1
  /** The last record that came; absent when there was none. */
  readonly anchor?: {
    /** Its id, 96 hexadecimal digits. */
    readonly id: string
    /** About when the server received it, by our clock: nanoseconds (a `Timestamp`) in decimal. */
    readonly at: string
  }
}

/** What the anchor of a resume point says. */
export interface Anchor {
  readonly id: RecordId
  readonly at: Timestamp
}

export function toResumePoint(anchor: Anchor | undefined): ResumePoint {
  return anchor === undefined ? { version: 1 } : { version: 1, anchor: { id: toHex(anchor.id), at: anchor.at.toString() } }
}

/** @throws {TypeError} when it is none, such as one of a later version. */
export function readAnchor(resume: ResumePoint): Anchor | undefined {
  if (resume.version !== 1) throw new TypeError("resume: not a resume point of version 1")
  if (resume.anchor === undefined) return undefined
  const { id, at } = resume.anchor
  try {
    return { id: parseRecordId(fromHex(id)), at: parseTimestamp(BigInt(at)) }
  } catch (error) {
    if (error instanceof DecodeError || error instanceof SyntaxError) throw new TypeError("resume: not a resume point", { cause: error })
    throw error
  }
}
