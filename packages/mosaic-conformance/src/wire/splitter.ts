import { concatBytes } from "@tessera/mosaic"
import { fail } from "../verdict.ts"
import { messageLength } from "./form.ts"

/** More than a server sends us in one message, in bytes. */
const MOST = 64 * 1024 * 1024

/** Cuts what a server sends into messages. Written for this runner, so that it finds faults that a library would share with its server. */
export class Splitter {
  #pending: Uint8Array = new Uint8Array(0)
  #waiting: Uint8Array[] = []
  #waitingBytes = 0
  #wanted = 1

  /** @throws {RuleFailure} when a length makes no sense. */
  push(chunk: Uint8Array): Uint8Array[] {
    this.#waiting.push(chunk)
    this.#waitingBytes += chunk.length
    if (this.#pending.length + this.#waitingBytes < this.#wanted) return []
    let rest = concatBytes(this.#pending, ...this.#waiting)
    this.#waiting = []
    this.#waitingBytes = 0
    const messages: Uint8Array[] = []
    for (;;) {
      const length = rest.length === 0 ? undefined : messageLength(rest)
      if (length !== undefined && (length < 4 || length > MOST)) fail(`a message that says it has ${length} bytes`)
      if (length === undefined || rest.length < length) {
        this.#wanted = length ?? rest.length + 1
        break
      }
      messages.push(rest.slice(0, length))
      rest = rest.subarray(length)
    }
    this.#pending = rest.slice()
    return messages
  }
}
