/** What the core uses of the encoding standard; both Node and browsers have it, the ES library types do not. */
interface TextEncoder {
  encode(input?: string): Uint8Array<ArrayBuffer>
}
declare var TextEncoder: { new (): TextEncoder }

interface TextDecoder {
  decode(input?: Uint8Array): string
}
declare var TextDecoder: { new (label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean }): TextDecoder }

/** Handed through to ports: the core itself waits for nothing. */
interface AbortSignal {
  readonly aborted: boolean
  throwIfAborted(): void
}
