import { type ByteChannel, type PublicKey, type SecretKey, equalBytes } from "@tessera/mosaic"
import { connect } from "../connection/connection.ts"
import type { ConnectOptions, MosaicConnection } from "../connection/mosaic-connection.ts"
import { type Sleep, withDeadline } from "../connection/sleep.ts"
import { ConnectionClosedError, WrongServerError } from "../errors.ts"
import type { Dialer } from "./dialer.ts"
import { UnreachableError } from "./errors.ts"

/** How long dialling one URL may take, in milliseconds. */
const DIAL_MS = 15_000
/** A bootstrap of 983 bytes has room for so many at most. */
const URLS = 64

export interface ReachOptions {
  readonly server: PublicKey
  readonly urls: readonly string[]
  readonly dialers: readonly Dialer[]
  readonly clientKey: SecretKey | undefined
  readonly connect: Omit<ConnectOptions, "signal" | "sleep">
  readonly sleep: Sleep
  readonly signal: AbortSignal
}

/**
 * Connects to a server at the first of its URLs that works, in its order of preference.
 *
 * @throws {UnreachableError} when none does.
 * @throws the signal's reason when it aborts first.
 */
export async function reach(options: ReachOptions): Promise<{ readonly connection: MosaicConnection; readonly url: string }> {
  const attempts: { url: string; error: unknown }[] = []
  for (const url of options.urls.slice(0, URLS)) {
    const dialer = options.dialers.find((candidate) => candidate.accepts(url))
    if (dialer === undefined) continue
    options.signal.throwIfAborted()
    try {
      const channel = await dial(dialer, url, options)
      const { signal, sleep } = options
      return { connection: await connect(channel, { ...options.connect, signal, sleep }), url }
    } catch (error) {
      options.signal.throwIfAborted()
      attempts.push({ url, error })
    }
  }
  throw new UnreachableError(attempts)
}

async function dial(dialer: Dialer, url: string, options: ReachOptions): Promise<ByteChannel> {
  const { server, clientKey, sleep, signal } = options
  const attempt = new AbortController()
  const request = { serverKey: server, signal: AbortSignal.any([signal, attempt.signal]) }
  const dialled = dialer.dial(url, clientKey === undefined ? request : { ...request, clientKey })
  let channel: ByteChannel
  try {
    channel = await withDeadline(
      dialled,
      DIAL_MS,
      sleep,
      () => new ConnectionClosedError("the server cannot be reached: it does not answer"),
    )
  } catch (error) {
    attempt.abort(error)
    // A dial that succeeds all the same must not leave a connection behind.
    dialled.then((unwanted) => unwanted.close()).catch(() => {})
    throw error
  }
  if (channel.peerKey !== undefined && equalBytes(channel.peerKey, server)) return channel
  await channel.close().catch(() => {})
  throw new WrongServerError("The server that answered is not the one that was asked for.")
}
