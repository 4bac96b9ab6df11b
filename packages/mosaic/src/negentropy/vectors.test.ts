import { describe, expect, test } from "vitest"
import vectors from "../../../../vectors/negentropy.json" with { type: "json" }
import { type Item, answering, reconcileWith, setOf } from "../../test/negentropy.ts"
import { fromHex, toHex } from "../bytes.ts"

const itemsOf = (keys: readonly string[]): Item[] =>
  keys.map((key) => ({ timestamp: BigInt(`0x${key.slice(0, 16)}`), id: fromHex(key.slice(16)) }))

describe.each(vectors)("a conversation with the reference implementation in C++: $name, begun by $begins", (vector) => {
  const { begins, frameLength, initiator, responder, messages, have, need } = vector

  test("is as it was recorded", () => {
    if (begins === "reference") {
      const answer = answering(setOf(itemsOf(responder)), frameLength)
      for (let at = 0; at < messages.length; at += 2) expect(toHex(answer(fromHex(messages[at] ?? "")))).toBe(messages[at + 1])
      return
    }
    let at = 0
    const answer = (message: Uint8Array): Uint8Array => {
      expect(toHex(message)).toBe(messages[at])
      at += 2
      return fromHex(messages[at - 1] ?? "")
    }
    const result = reconcileWith(setOf(itemsOf(initiator)), answer, { frameLength })
    expect(result.have).toEqual(have)
    expect(result.need).toEqual(need)
    expect(at).toBe(messages.length)
  })
})
