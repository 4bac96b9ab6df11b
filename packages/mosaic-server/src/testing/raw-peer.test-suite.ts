import {
  type BlobSubmission,
  type ByteChannel,
  type Message,
  FrameReader,
  RESULT,
  concatBytes,
  encodeMessage,
  hashBlob,
  isBlobPiece,
  parseMessage,
} from "@tessera/mosaic"

/** A client that says whatever a test wants, message by message or byte by byte. */
export class RawPeer {
  readonly channel: ByteChannel
  readonly #incoming: AsyncIterator<Uint8Array>
  readonly #reader = new FrameReader()
  readonly #messages: Message[] = []
  #pieces: Uint8Array[] = []
  /** The content of a refusal is nothing, and not kept. */
  #isContent = false
  /** The content of each blob that has come whole, in order. */
  readonly contents: Uint8Array[] = []

  constructor(channel: ByteChannel) {
    this.channel = channel
    this.#incoming = channel.incoming[Symbol.asyncIterator]()
  }

  /** Says Hello and takes its answer. */
  async greet(applications: readonly number[] = [0, 1]): Promise<this> {
    this.send({ type: "hello", version: 0, applications })
    const ack = await this.next()
    if (ack?.type !== "helloAck") throw new Error(`${ack?.type} instead of helloAck`)
    return this
  }

  send(...messages: readonly Message[]): void {
    for (const message of messages) this.sendBytes(encodeMessage(message))
  }

  sendBytes(bytes: Uint8Array): void {
    this.channel.write(bytes).catch(() => {})
  }

  /** The next message; undefined when the server has closed the connection. */
  async next(): Promise<Message | undefined> {
    for (;;) {
      const message = this.#messages.shift()
      if (message !== undefined) return message
      const { done, value } = await this.#incoming.next()
      if (done === true) return undefined
      this.#cut(value)
    }
  }

  /** The next message, which is to be a blob, with its content; undefined when it has none. */
  async blob(): Promise<{ readonly message: Message | undefined; readonly content: Uint8Array | undefined }> {
    const message = await this.next()
    if (message?.type !== "blobResult" || message.result !== RESULT.SUCCESS) return { message, content: undefined }
    while (this.contents.length === 0) {
      const { done, value } = await this.#incoming.next()
      if (done === true) return { message, content: undefined }
      this.#cut(value)
    }
    return { message, content: this.contents.shift() }
  }

  /** Submits a blob as a whole, under its own hash and length unless told otherwise; waits where the transport does. */
  async submitBlob(content: Uint8Array, header: Partial<BlobSubmission> = {}): Promise<void> {
    const message = { type: "blobSubmission", length: content.length, hash: await hashBlob(content), ...header } as const
    await this.channel.write(concatBytes(encodeMessage(message), content)).catch(() => {})
  }

  #cut(chunk: Uint8Array): void {
    for (const part of this.#reader.push(chunk)) {
      if (!isBlobPiece(part)) {
        const message = parseMessage(part.bytes)
        this.#messages.push(message)
        this.#isContent = message.type === "blobResult" && message.result === RESULT.SUCCESS
      } else if (this.#isContent) {
        this.#pieces.push(part.bytes.slice())
        if (part.isLast) this.contents.push(new Uint8Array(Buffer.concat(this.#pieces.splice(0))))
      }
    }
  }

  /** The next messages up to and with the first of a type. */
  async until(type: Message["type"]): Promise<Message[]> {
    const messages: Message[] = []
    for (;;) {
      const message = await this.next()
      if (message === undefined) throw new Error(`closed before ${type}, after ${messages.map((other) => other.type).join(", ")}`)
      messages.push(message)
      if (message.type === type) return messages
    }
  }

  /** Sends, and takes the messages up to the first of a type. */
  async ask(message: Message, type: Message["type"]): Promise<Message[]> {
    this.send(message)
    return this.until(type)
  }

  /** What has come by now: nothing of what was asked before it is left out, because answers to Unsubscribe come in order. */
  async arrived(): Promise<Message[]> {
    this.send({ type: "unsubscribe", queryId: 0xffff })
    const messages: Message[] = []
    for (;;) {
      const message = await this.next()
      if (message === undefined || (message.type === "queryClosed" && message.queryId === 0xffff)) return messages
      messages.push(message)
    }
  }
}
