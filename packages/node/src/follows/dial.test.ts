import { parseSecretKey, publicKeyOf } from "@tessera/mosaic"
import type { ByteChannel } from "@tessera/mosaic"
import { describe, expect, test } from "vitest"
import type { DialOptions, Network } from "../ports.ts"
import { dialDoor } from "./dial.ts"

const door = publicKeyOf(parseSecretKey(new Uint8Array(32).fill(1)))
const hints = ["10.0.0.1", "10.0.0.2", "127.0.0.1"].map((host) => ({ host, port: 4_000 }))

interface Call {
  readonly options: DialOptions
  readonly resolve: (channel: ByteChannel) => void
  readonly reject: (error: Error) => void
}

/** A network whose dials the test answers, and a clock whose time is up when the test says so. */
function world() {
  const calls: Call[] = []
  const closed: string[] = []
  let timeUp = (): void => undefined
  const network: Pick<Network, "dial"> = {
    dial: (options) => new Promise((resolve, reject) => calls.push({ options, resolve, reject })),
  }
  const clock = {
    unixMillis: () => 0,
    sleep: (_: number, signal: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        timeUp = resolve
        signal.addEventListener("abort", () => reject(signal.reason as Error))
      }),
  }
  const channel = (remote: string): ByteChannel => ({
    peerKey: door,
    remote,
    incoming: (async function* () {})(),
    write: async () => undefined,
    close: async () => void closed.push(remote),
  })
  const start = (signal = new AbortController().signal) => dialDoor({ clock, network: network as Network }, { door, hints }, signal)
  return { calls, closed, channel, start, timeUp: () => timeUp() }
}

describe("dialling a door", () => {
  test("tries every place at once, pinned and anonymous; the first wins and the others are hung up", async () => {
    const { calls, closed, channel, start } = world()
    const dialling = start()
    expect(calls.map(({ options }) => options.host)).toEqual(hints.map(({ host }) => host))
    expect(calls.every(({ options }) => options.serverKey === door && options.clientKey === undefined)).toBe(true)
    calls[0]?.reject(new Error("refused"))
    calls[2]?.resolve(channel("third"))
    expect((await dialling).remote).toBe("third")
    expect(calls[1]?.options.signal.aborted).toBe(true)
    // One that gets through all the same leaves no connection behind.
    calls[1]?.resolve(channel("second"))
    await new Promise((resolve) => setImmediate(resolve))
    expect(closed).toEqual(["second"])
  })

  test("fails at once when all refuse, and when the time is up", async () => {
    const refused = world()
    const dialling = refused.start()
    for (const { reject } of refused.calls) reject(new Error("refused"))
    await expect(dialling).rejects.toThrow()
    const silent = world()
    const waiting = silent.start()
    silent.timeUp()
    await expect(waiting).rejects.toThrow("in time")
    expect(silent.calls.every(({ options }) => options.signal.aborted)).toBe(true)
    silent.calls[0]?.resolve(silent.channel("late"))
    await new Promise((resolve) => setImmediate(resolve))
    expect(silent.closed).toEqual(["late"])
  })

  test("stops when it is told to", async () => {
    const { calls, start } = world()
    const stop = new AbortController()
    const dialling = start(stop.signal)
    stop.abort(new Error("enough"))
    for (const { reject, options } of calls) reject(options.signal.reason as Error)
    await expect(dialling).rejects.toThrow()
    await expect(
      dialDoor(
        { clock: { unixMillis: () => 0, sleep: async () => undefined }, network: {} as Network },
        { door, hints: [] },
        new AbortController().signal,
      ),
    ).rejects.toThrow("no place")
  })
})
