import { describe, expect, test } from "vitest"
import vectorText from "../../../../vectors/websocket.json?raw"
import { decodeUtf8, fromHex, toHex } from "../bytes.ts"
import { DecodeError, VerifyError } from "../errors.ts"
import { parsePublicKey } from "../keys/public-key.ts"
import { parseSecretKey, publicKeyOf } from "../keys/secret-key.ts"
import { encodeMessage } from "../message/encode.ts"
import type { Message } from "../message/message.ts"
import { parseMessage } from "../message/parse.ts"
import { formatAuthNonce, parseAuthNonce } from "./auth-nonce.ts"
import type { HeaderLookup } from "./header-fields.ts"
import { type HelloAckHeaders, formatHelloAckHeaders, parseHelloAckHeaders } from "./hello-ack-headers.ts"
import { type HelloHeaders, formatHelloHeaders, parseHelloHeaders } from "./hello-headers.ts"
import { clientProofText, serverProofText, signProof, verifyProof } from "./proof.ts"

interface Proof {
  readonly name: string
  readonly by: "client" | "server"
  readonly seed: string
  readonly key: string
  readonly serverKey: string
  readonly nonce: string
  readonly text: string
  readonly signature: string
  readonly holds: boolean
}
interface Headers {
  readonly name: string
  readonly headers: Readonly<Record<string, string>>
  /** Keys and signatures in hexadecimal; null for what is not there. */
  readonly read?: Readonly<Record<string, unknown>> | null
  readonly refused?: true
  /** Whether a writer writes exactly these. */
  readonly isWritten?: true
}
interface MessageVector {
  readonly name: string
  readonly hex: string
  readonly read: Readonly<Record<string, unknown>>
}
const vectors = JSON.parse(vectorText) as {
  readonly proofs: readonly Proof[]
  readonly hello: readonly Headers[]
  readonly helloAck: readonly Headers[]
  readonly messages: readonly MessageVector[]
}

/** A value as the vectors write it. */
const plain = (value: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).map(([name, each]) => [name, each instanceof Uint8Array ? toHex(each) : (each ?? null)]))

const lookup =
  (headers: Headers["headers"]): HeaderLookup =>
  (name) =>
    Object.entries(headers).find(([each]) => each.toLowerCase() === name)?.[1]

describe("proofs", () => {
  test.each(vectors.proofs)("$name", ({ by, seed, key, serverKey, nonce, text, signature, holds }) => {
    const secret = parseSecretKey(fromHex(seed))
    const given = parseAuthNonce(nonce)
    const ours = by === "client" ? clientProofText(parsePublicKey(fromHex(serverKey)), given) : serverProofText(given)
    expect(decodeUtf8(ours)).toBe(text)
    expect(toHex(publicKeyOf(secret))).toBe(key)
    expect(toHex(signProof(ours, secret)) === signature).toBe(holds)
    const check = (): void => verifyProof(fromHex(signature), ours, parsePublicKey(fromHex(key)))
    if (holds) check()
    else expect(check).toThrow(VerifyError)
  })
})

describe.each([
  ["hello", parseHelloHeaders, (read: object) => formatHelloHeaders(read as HelloHeaders)],
  ["helloAck", parseHelloAckHeaders, (read: object) => formatHelloAckHeaders(read as HelloAckHeaders)],
] as const)("headers of %s", (group, parse, format) => {
  test.each(vectors[group])("$name", ({ headers, read, refused, isWritten }) => {
    if (refused === true) {
      let error: unknown
      try {
        parse(lookup(headers))
      } catch (thrown) {
        error = thrown
      }
      expect(error instanceof DecodeError || error instanceof VerifyError).toBe(true)
      return
    }
    const ours = parse(lookup(headers))
    expect(ours === undefined ? null : plain(ours)).toEqual(read)
    if (isWritten === true && ours !== undefined) expect(Object.fromEntries<string>(format(ours))).toEqual(headers)
  })
})

test.each(vectors.messages)("message $name", ({ hex, read }) => {
  const message: Message = parseMessage(fromHex(hex))
  expect(plain(message)).toEqual(read)
  expect(toHex(encodeMessage(message))).toBe(hex)
})

test("the nonce of a message is signed as headers write it", () => {
  const identity = vectors.messages.find(({ read }) => read["type"] === "identity")
  const nonce = formatAuthNonce(fromHex(String(identity?.read["nonce"])))
  expect(vectors.proofs.some((proof) => proof.holds && proof.by === "client" && proof.nonce === nonce)).toBe(true)
})
