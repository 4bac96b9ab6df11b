import { type ByteChannel, type FramePart, FrameReader, type Message, RESULT, encodeMessage, parseMessage } from "@tessera/mosaic"
import type { Answering } from "../network/network.ts"

/** The line to somebody, for those who do not keep to the protocol. Whether it still stands does not matter to them. */
export interface Line {
  say(message: Message): Promise<void>
  /** Any bytes at all. */
  shout(bytes: Uint8Array): Promise<void>
  hangUp(): Promise<void>
}

export function lineOf(channel: ByteChannel): Line {
  const ignore = (): void => undefined
  return {
    say: (message) => channel.write(encodeMessage(message)).catch(ignore),
    shout: (bytes) => channel.write(bytes).catch(ignore),
    hangUp: () => channel.close().catch(ignore),
  }
}

/** Every message that comes in on a channel, until it ends; what is no message is passed over. */
export async function* messagesOf(channel: ByteChannel): AsyncGenerator<Message, void, void> {
  const reader = new FrameReader({ maxFrame: 0xff_ffff, maxBlob: 0 })
  try {
    for await (const chunk of channel.incoming) for (const frame of reader.push(chunk)) yield* messageIn(frame)
  } catch {
    // A broken line ends it as well.
  }
}

function* messageIn(frame: FramePart): Generator<Message, void, void> {
  try {
    yield parseMessage(frame.bytes)
  } catch {
    // Whoever lies does not complain.
  }
}

/** Looks like a Mosaic server: it says Hello as one should, and leaves each request to `answer`. */
export function answering(answer: (request: Message, line: Line) => Promise<void>): Answering {
  return {
    async serve(channel) {
      const line = lineOf(channel)
      for await (const message of messagesOf(channel)) {
        if (message.type === "hello")
          await line.say({ type: "helloAck", result: RESULT.SUCCESS, version: 0, applications: message.applications })
        else await answer(message, line)
      }
      await line.hangUp()
    },
  }
}
