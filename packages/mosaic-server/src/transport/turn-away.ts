import { type ByteChannel, type ResultCode, encodeMessage } from "@tessera/mosaic"

/** What somebody who is turned away may still send, in bytes: it is thrown away, so that the system does not reset the connection before Closing is read. */
const MOST_BYTES = 64 * 1024

/** Tells somebody who is not served why, with Closing, and closes. How long the last bytes may take is the channel's matter. Never rejects. */
export async function turnAway(channel: ByteChannel, code: ResultCode): Promise<void> {
  try {
    await channel.write(encodeMessage({ type: "closing", result: code }))
    const closed = channel.close()
    let bytes = 0
    for await (const chunk of channel.incoming) {
      bytes += chunk.length
      if (bytes > MOST_BYTES) break
    }
    await closed
  } catch {
    // It has gone by itself.
    await channel.close().catch(() => {})
  }
}
