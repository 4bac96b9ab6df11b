import {
  type AuthNonce,
  type ByteChannel,
  type PublicKey,
  type SecretKey,
  RESULT,
  clientProofText,
  encodeMessage,
  signProof,
} from "@tessera/mosaic"
import { ConnectionClosedError } from "../errors.ts"
import { FirstMessages } from "./first-messages.ts"

/** How a client proves its key over WebSocket. */
export interface AuthenticateOptions {
  readonly clientKey: SecretKey
  readonly serverKey: PublicKey
  /** What the server gave to be signed. */
  readonly nonce: AuthNonce
  readonly signal?: AbortSignal
  readonly timeoutMs: number
}

/** Proves the client's key by Hello Auth. @returns the channel behind it. @throws {ConnectionClosedError} when the server does not take the proof. */
export async function authenticate(channel: ByteChannel, options: AuthenticateOptions): Promise<ByteChannel> {
  const messages = new FirstMessages(channel)
  await proveKey(messages, options)
  return messages.rest()
}

/** As {@link authenticate}, where other messages came before. */
export async function proveKey(
  messages: FirstMessages,
  { clientKey, serverKey, nonce, signal, timeoutMs }: AuthenticateOptions,
): Promise<void> {
  const signature = signProof(clientProofText(serverKey, nonce), clientKey)
  await messages.channel.write(encodeMessage({ type: "helloAuth", signature }))
  const answer = await messages.next(timeoutMs, signal)
  if (answer.type === "helloAck" && answer.result === RESULT.SUCCESS) return
  throw new ConnectionClosedError("the server did not take the proof of our key", answer.type === "closing" ? answer.result : undefined)
}
