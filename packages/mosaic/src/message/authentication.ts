import { concatBytes } from "../bytes.ts"
import { HEADER_LENGTH, framed, requireLength, sized } from "./fields.ts"
import { MESSAGE_TYPE as TYPE } from "./message-type.ts"

const KEY_LENGTH = 32
const NONCE_LENGTH = 32
const SIGNATURE_LENGTH = 64
const NO_KEY = new Uint8Array(KEY_LENGTH)

/** Over WebSocket: the client proves that it holds the key that it named, by a signature (64 bytes) of the server's nonce. */
export interface HelloAuth {
  readonly type: "helloAuth"
  readonly signature: Uint8Array
}

/** From a browser, which cannot set headers: whom it wants to authenticate as (32 bytes; undefined: nobody), and its nonce (32 bytes) for the server to sign. */
export interface Identify {
  readonly type: "identify"
  readonly key: Uint8Array | undefined
  readonly nonce: Uint8Array
}

/** The answer to Identify: the server's key and its nonce (32 bytes each), and its proof (64 bytes), a signature of the client's nonce. */
export interface Identity {
  readonly type: "identity"
  readonly key: Uint8Array
  readonly nonce: Uint8Array
  readonly proof: Uint8Array
}

/** The messages by which keys are proved where TLS does not: over WebSocket. */
export type AuthenticationMessage = HelloAuth | Identify | Identity

/** Writes an authentication message. @throws {RangeError} for what does not fit its field. */
export function encodeAuthentication(message: AuthenticationMessage): Uint8Array {
  switch (message.type) {
    case "helloAuth":
      return framed(TYPE.HELLO_AUTH, sized("signature", message.signature, SIGNATURE_LENGTH))
    case "identify":
      return framed(
        TYPE.IDENTIFY,
        concatBytes(sized("key", message.key ?? NO_KEY, KEY_LENGTH), sized("nonce", message.nonce, NONCE_LENGTH)),
      )
    case "identity":
      return framed(
        TYPE.IDENTITY,
        concatBytes(
          sized("key", message.key, KEY_LENGTH),
          sized("nonce", message.nonce, NONCE_LENGTH),
          sized("proof", message.proof, SIGNATURE_LENGTH),
        ),
      )
  }
}

/** Reads an authentication message; its fields are views. @throws {DecodeError} `message length`. */
export function parseAuthentication(bytes: Uint8Array): AuthenticationMessage {
  switch (Number(bytes[0])) {
    case TYPE.HELLO_AUTH:
      requireLength(bytes, HEADER_LENGTH + SIGNATURE_LENGTH)
      return { type: "helloAuth", signature: bytes.subarray(HEADER_LENGTH) }
    case TYPE.IDENTIFY: {
      requireLength(bytes, HEADER_LENGTH + KEY_LENGTH + NONCE_LENGTH)
      const key = bytes.subarray(8, 40)
      return { type: "identify", key: key.every((byte) => byte === 0) ? undefined : key, nonce: bytes.subarray(40) }
    }
    default:
      requireLength(bytes, HEADER_LENGTH + KEY_LENGTH + NONCE_LENGTH + SIGNATURE_LENGTH)
      return { type: "identity", key: bytes.subarray(8, 40), nonce: bytes.subarray(40, 72), proof: bytes.subarray(72) }
  }
}
