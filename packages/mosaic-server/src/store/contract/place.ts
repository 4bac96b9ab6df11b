import type { Timestamp } from "@tessera/mosaic"
import type { RecordStore } from "../port.ts"

/** A place where a store keeps its records, empty at first. */
export interface StorePlace extends AsyncDisposable {
  /** Opens the store. A second time, after the first was closed, everything is there, unless `forgets`. Time passes as `elapsed` says, in milliseconds. */
  open(now: () => Timestamp, elapsed?: () => number): Promise<RecordStore>
}
