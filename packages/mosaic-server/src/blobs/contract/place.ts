import type { BlobStore } from "../port.ts"

/** A place where a store keeps its blobs, empty at first. */
export interface BlobPlace extends AsyncDisposable {
  /** Opens the store. A second time, after the first was closed, everything is there, unless `forgets`. */
  open(options?: { readonly budget?: number }): Promise<BlobStore>
}
