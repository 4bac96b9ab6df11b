/** Behaves as Node's Buffer does, in browsers too: `slice` is a view that shares memory. */
export class BufferLike extends Uint8Array<ArrayBuffer> {
  override slice(start?: number, end?: number): Uint8Array<ArrayBuffer> {
    return this.subarray(start, end)
  }
}
