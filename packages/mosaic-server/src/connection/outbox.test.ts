import type { ByteChannel } from "@tessera/mosaic"
import { setTimeout as delay } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import { ENTRY_BYTES, Outbox, OutboxClosedError } from "./outbox.ts"
import { realSleep } from "./sleep.ts"

/** A channel that takes one piece at a time, when it is told to. */
class Tap implements ByteChannel {
  readonly peerKey = undefined
  readonly remote = "test"
  readonly incoming = (async function* (): AsyncGenerator<Uint8Array> {})()
  readonly pieces: number[][] = []
  #open: (() => void) | undefined

  async write(bytes: Uint8Array): Promise<void> {
    this.pieces.push([...bytes])
    await new Promise<void>((resolve) => (this.#open = resolve))
  }

  async next(): Promise<void> {
    this.#open?.()
    await delay(2)
  }

  async close(): Promise<void> {}
}

const frame = (first: number, length = 8): Uint8Array => new Uint8Array(length).fill(first)
const options = { answerBytes: 20 + 2 * ENTRY_BYTES, liveBytes: 32 + 4 * ENTRY_BYTES, writeMs: 60, sleep: realSleep }

describe("an outbox", () => {
  it("writes in order, gathers what is small, and puts query ids into shared frames without changing them", async () => {
    const tap = new Tap()
    const outbox = new Outbox(tap, { ...options, onFailure: () => {} })
    const shared = frame(9)
    outbox.post(frame(1))
    outbox.offer(shared, 0x0102, {})
    outbox.offer(shared, 0xfffe, {})
    await delay(2)
    expect(tap.pieces).toEqual([[...frame(1), 9, 9, 9, 9, 2, 1, 9, 9, 9, 9, 9, 9, 0xfe, 0xff, 9, 9]])
    expect([...shared]).toEqual([...frame(9)])
    await tap.next()
    await outbox.flushed()
    expect(outbox.pendingBytes).toBe(0)
  })

  it("drops what waits for a query, and only that", async () => {
    const tap = new Tap()
    const outbox = new Outbox(tap, { ...options, onFailure: () => {} })
    const [mine, yours] = [{}, {}]
    outbox.post(frame(1))
    await delay(2)
    outbox.post(frame(2), mine)
    outbox.offer(frame(3), 0x0303, mine)
    outbox.offer(frame(4), 0x0404, yours)
    outbox.drop(mine)
    expect(outbox.pendingBytes).toBe(8 + ENTRY_BYTES)
    await tap.next()
    await tap.next()
    expect(tap.pieces).toEqual([[...frame(1)], [...frame(4)]])
    expect(outbox.pendingBytes).toBe(0)
  })

  it("lets nobody wait for room with an answer that is dropped", async () => {
    const outbox = new Outbox(new Tap(), { ...options, writeMs: 5_000, onFailure: () => {} })
    outbox.post(frame(0))
    await delay(2)
    const query = {}
    const sending = Promise.all([outbox.send(frame(1, 15)), outbox.send(frame(2, 15), query)])
    let isSent = false
    void sending.then(() => (isSent = true))
    await delay(2)
    expect(isSent).toBe(false)
    outbox.drop(query)
    await sending
    outbox.close()
  })

  it("fetches content when its turn has come, a piece when the one before is written, and lets nothing come between", async () => {
    const tap = new Tap()
    const outbox = new Outbox(tap, { ...options, onFailure: () => {} })
    let fetched = 0
    const content = (async function* () {
      for (fetched = 1; fetched <= 3; fetched += 1) yield frame(0x40 + fetched, 2)
    })()
    outbox.post(frame(1))
    const streaming = outbox.stream(frame(2), content)
    outbox.post(frame(3))
    await delay(2)
    expect([tap.pieces, fetched]).toEqual([[[...frame(1), ...frame(2)]], 0])
    await tap.next()
    expect([tap.pieces.at(-1), fetched]).toEqual([[0x41, 0x41], 1])
    await tap.next()
    await tap.next()
    await tap.next()
    await streaming
    await tap.next()
    expect(tap.pieces.slice(1)).toEqual([[0x41, 0x41], [0x42, 0x42], [0x43, 0x43], [...frame(3)]])
    expect(outbox.pendingBytes).toBe(0)
  })

  it("gives content up, and tells who brings it, when the connection fails before it, in it or because of it", async () => {
    const pieces = async function* (broken: boolean): AsyncGenerator<Uint8Array> {
      yield frame(5)
      if (broken) throw new Error("the disk is gone")
      yield frame(6)
    }
    for (const [taken, broken] of [
      [0, false],
      [1, false],
      [2, true],
    ] as const) {
      const tap = new Tap()
      const failures: string[] = []
      const outbox = new Outbox(tap, { ...options, onFailure: (reason) => void failures.push(reason) })
      const streaming = Promise.all(
        [outbox.stream(frame(1), pieces(broken)), outbox.stream(frame(2), pieces(false))].map((each) =>
          each.catch((error: unknown) => error),
        ),
      )
      await delay(2)
      for (let piece = 0; piece < taken; piece += 1) await tap.next()
      const outcomes = await streaming
      expect(outcomes.every((outcome) => outcome instanceof OutboxClosedError)).toBe(true)
      expect(failures).toEqual([broken ? "what was being sent could not be read to its end" : "the peer does not read"])
      await outbox.flushed()
    }
  })

  it("lets who answers wait for room, and refuses what is live", async () => {
    const tap = new Tap()
    const outbox = new Outbox(tap, { ...options, onFailure: () => {} })
    outbox.post(frame(0))
    await delay(2)
    let sent = 0
    const sending = (async () => {
      for (let i = 1; i <= 4; i += 1) {
        await outbox.send(frame(i))
        sent += 1
      }
    })()
    await delay(2)
    expect(sent).toBe(2)
    expect(Array.from({ length: 6 }, () => outbox.offer(frame(7), 1, {}))).toEqual([true, true, true, true, false, false])
    await tap.next()
    await sending
    expect(sent).toBe(4)
    outbox.close()
    expect(outbox.offer(frame(7), 1, {})).toBe(false)
    await expect(outbox.send(frame(1))).rejects.toThrow(OutboxClosedError)
  })

  it("lets one live record wait, however large", async () => {
    const outbox = new Outbox(new Tap(), { ...options, onFailure: () => {} })
    expect([outbox.offer(frame(1, 10_000), 1, {}), outbox.offer(frame(1, 8), 1, {})]).toEqual([true, false])
    outbox.close()
  })

  it("fails, and frees who waits, when the peer does not read in time", async () => {
    const reasons: string[] = []
    const outbox = new Outbox(new Tap(), { ...options, onFailure: (reason) => reasons.push(reason) })
    const sending = Promise.all(Array.from({ length: 4 }, (_, index) => outbox.send(frame(index))))
    await expect(sending).rejects.toThrow(OutboxClosedError)
    expect(reasons).toEqual(["the peer does not read"])
    expect(outbox.pendingBytes).toBe(0)
  })
})
