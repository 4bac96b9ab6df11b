import { expect, test } from "vitest"
import { concatBytes } from "../bytes.ts"
import { MessageChannel } from "./message-channel.ts"

const idle = { send: async () => {}, pause: () => {}, resume: () => {}, close: async () => {} }

async function all(channel: MessageChannel): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = []
  for await (const piece of channel.incoming) pieces.push(piece)
  return pieces
}

test("bytes that come one by one while nobody reads wait together, and come as they came", async () => {
  const channel = new MessageChannel(idle, { peerKey: undefined, remote: "test:1" })
  const bytes = Uint8Array.from({ length: 20_000 }, (_, at) => at * 7)
  for (const byte of bytes) channel.receive(Uint8Array.of(byte))
  channel.end()
  const pieces = await all(channel)
  expect(pieces.length).toBeLessThan(10)
  expect(concatBytes(...pieces)).toEqual(bytes)
})

test("what was handed out stays as it is while more comes", async () => {
  const channel = new MessageChannel(idle, { peerKey: undefined, remote: "test:1" })
  const reading = channel.incoming[Symbol.asyncIterator]()
  const handedOut: Uint8Array[] = []
  const came: number[] = []
  for (let round = 0; round < 50; round += 1) {
    for (let each = 0; each <= round % 7; each += 1) {
      came.push(round, each)
      channel.receive(Uint8Array.of(round, each))
    }
    const { value } = await reading.next()
    if (value !== undefined) handedOut.push(value)
  }
  channel.end()
  for (let next = await reading.next(); next.done !== true; next = await reading.next()) handedOut.push(next.value)
  expect([...concatBytes(...handedOut)]).toEqual(came)
})
