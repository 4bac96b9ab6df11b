import type { Socket } from "node:net"
import { DecodeError } from "@tessera/mosaic"
import { type LocalPlace, connectLocal } from "../place.ts"
import { SocksHandshake, type SocksRequest } from "./handshake.ts"
import { type DialFailure, failureOf } from "./refusals.ts"

export interface DialSocksOptions extends SocksRequest {
  readonly proxy: LocalPlace
  /** Longest wait, in milliseconds. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

export type DialSocksResult = { readonly ok: true; readonly socket: Socket } | { readonly ok: false; readonly failure: DialFailure }

/** One attempt to connect through a SOCKS 5 proxy. @throws the signal's reason when it aborts first. */
export async function dialSocks({ proxy, timeoutMs, signal, ...request }: DialSocksOptions): Promise<DialSocksResult> {
  signal.throwIfAborted()
  const handshake = new SocksHandshake(request)
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  let socket: Socket
  try {
    socket = await connectLocal(proxy, limit)
  } catch {
    signal.throwIfAborted()
    return { ok: false, failure: limit.aborted ? "time-out" : "no-tor" }
  }
  const failure = await shakeHands(socket, handshake, limit)
  if (failure === undefined) return { ok: true, socket }
  socket.on("error", () => {})
  socket.destroy()
  signal.throwIfAborted()
  return { ok: false, failure }
}

/** `undefined` once connected. Reads by hand, so that the socket is as fresh for the next reader as one that was just made. */
async function shakeHands(socket: Socket, handshake: SocksHandshake, limit: AbortSignal): Promise<DialFailure | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<DialFailure | undefined>()
  const take = (): void => {
    try {
      for (let bytes = read(socket); bytes !== null; bytes = read(socket)) {
        const step = handshake.push(bytes)
        if (step.type === "send") socket.write(step.bytes)
        if (step.type === "refused") return resolve(failureOf(step.code))
        if (step.type !== "connected") continue
        socket.off("readable", take)
        if (step.rest.length > 0) socket.unshift(step.rest)
        return resolve(undefined)
      }
    } catch (error) {
      if (error instanceof DecodeError) resolve("failed")
      else reject(error)
    }
  }
  const abort = (): void => resolve("time-out")
  const close = (): void => resolve("no-tor")
  limit.addEventListener("abort", abort, { once: true })
  socket.on("readable", take)
  socket.once("error", close)
  socket.once("close", close)
  socket.write(handshake.greeting)
  try {
    return limit.aborted ? "time-out" : await promise
  } finally {
    limit.removeEventListener("abort", abort)
    socket.off("readable", take)
    socket.off("error", close)
    socket.off("close", close)
  }
}

const read = (socket: Socket): Uint8Array | null => socket.read() as Uint8Array | null
