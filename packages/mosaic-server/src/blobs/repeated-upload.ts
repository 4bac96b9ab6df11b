import type { ContentCheck } from "./content-check.ts"
import type { BlobOutcome, BlobWriter } from "./port.ts"

/** An upload of a blob that is there already: checked, and not written again. Who does not have the content learns nothing but that. */
export class RepeatedUpload implements BlobWriter {
  readonly #check: ContentCheck

  constructor(check: ContentCheck) {
    this.#check = check
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#check.take(bytes)
  }

  async commit(): Promise<BlobOutcome> {
    return this.#check.holds() ? "duplicate" : "mismatch"
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
