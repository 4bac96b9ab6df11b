import { type VerifiedRecord, encodeRecordMessage } from "@tessera/mosaic"

/** A new record on its way to subscribers: encoded once, however many they are; each connection puts its query id in when it writes. */
export class LiveRecord {
  readonly record: VerifiedRecord
  /** Its place in the store; undefined for an ephemeral record, which has none. */
  readonly sequence: number | undefined
  #frame: Uint8Array | undefined

  constructor(record: VerifiedRecord, sequence: number | undefined) {
    this.record = record
    this.sequence = sequence
  }

  get frame(): Uint8Array {
    this.#frame ??= encodeRecordMessage(0, this.record.bytes)
    return this.#frame
  }
}
