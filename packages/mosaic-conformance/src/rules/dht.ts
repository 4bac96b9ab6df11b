import { type SecretKey, concatBytes, encodeUtf8, equalBytes, publicKeyOf, resultName, signEd25519 } from "@tessera/mosaic"
import type { Context } from "../context.ts"
import type { Rule } from "../rule.ts"
import { expectEqual, expectTrue, skip } from "../verdict.ts"
import { zeros } from "../wire/bytes.ts"
import * as message from "../wire/message.ts"
import { TYPE } from "../wire/type.ts"

/** BEP 44, "signature verification": a server's bootstrap lies under this salt. */
const SALT = "msb24"
const TEXT = "S\nmosaictcp://203.0.113.1"

interface Put {
  readonly master: SecretKey
  readonly sequence?: bigint
  readonly text?: string
  /** The text that is signed, when it is another. */
  readonly signedText?: string
}

function put({ master, sequence = 1n, text = TEXT, signedText = text }: Put): Uint8Array {
  const number = new Uint8Array(8)
  new DataView(number.buffer).setBigUint64(0, sequence, true)
  const signed = encodeUtf8(`4:salt${SALT.length}:${SALT}3:seqi${sequence}e1:v${encodeUtf8(signedText).length}:${signedText}`)
  return message.dhtPut(publicKeyOf(master), number, signEd25519(signed, master), encodeUtf8(text))
}

/** Sends a put, and gives the name of its result. @throws {RuleSkip} where nothing is put. */
async function resultOf(context: Context, sent: Put): Promise<string> {
  const peer = await context.open()
  await peer.send(put(sent))
  const answer = await peer.take("DHT Put Result", ([type]) => type === TYPE.DHT_PUT_RESULT || type === TYPE.UNRECOGNIZED)
  if (answer[0] === TYPE.UNRECOGNIZED) skip("the server puts nothing into the DHT")
  expectTrue(equalBytes(answer.subarray(8, 40), publicKeyOf(sent.master)), "the result names another key")
  await peer.expectAlive()
  return resultName(answer[4] ?? 0)
}

/** Looking up and putting without a network: what a server can tell before it looks into the DHT. */
export const dht: readonly Rule[] = [
  {
    id: "dht-lookup-no-key",
    page: "messages#dht-lookup",
    level: "SETTLED",
    title: "A DHT Lookup for what is no key gets INVALID, its selector and key, zeros and no text",
    async run(context) {
      for (const [selector, key] of [
        [0, new Uint8Array(32).fill(0xff)],
        [1, zeros(32)],
      ] as const) {
        const peer = await context.open()
        await peer.send(message.dhtLookup(selector, key))
        const answer = await peer.take("DHT Response", ([type]) => type === TYPE.DHT_RESPONSE || type === TYPE.UNRECOGNIZED)
        if (answer[0] === TYPE.UNRECOGNIZED) skip("the server looks nothing up in the DHT")
        expectEqual(resultName(answer[4] ?? 0), "INVALID", "result")
        expectEqual(answer[5], selector, "selector")
        expectTrue(equalBytes(answer.subarray(8), concatBytes(key, zeros(72))), "the key is another, or something follows it")
      }
    },
  },
  {
    id: "dht-put-forged",
    page: "messages#dht-lookup",
    level: "SETTLED",
    title: "A DHT Put whose signature is of another text gets INVALID",
    async run(context) {
      const { secret: master } = await context.member()
      expectEqual(await resultOf(context, { master, signedText: "S" }), "INVALID", "result")
    },
  },
  {
    id: "dht-put-other-kind",
    page: "bootstrap#salt",
    level: "SETTLED",
    title: "A DHT Put of a user's bootstrap under a server's selector, or of no bootstrap, gets INVALID",
    async run(context) {
      const { secret: master } = await context.member()
      for (const text of [`U\n7 mosrv0${"y".repeat(52)}`, "hello", ""])
        expectEqual(await resultOf(context, { master, text }), "INVALID", JSON.stringify(text))
    },
  },
  {
    id: "dht-put-too-long",
    page: "bootstrap#bootstrap-format",
    level: "SETTLED",
    title: "A DHT Put of a text above 983 bytes gets INVALID",
    async run(context) {
      const { secret: master } = await context.member()
      const text = `S\n${Array.from({ length: 40 }, (_, index) => `mosaictcp://203.0.113.${100 + index}`).join("\n")}`
      expectTrue(text.length > 920, "too short a text")
      expectEqual(await resultOf(context, { master, text: text.padEnd(984, "9") }), "INVALID", "result")
    },
  },
  {
    id: "dht-put-stranger",
    page: "messages#dht-lookup",
    level: "SETTLED",
    title: "A DHT Put of somebody's who is no member gets UNAUTHORIZED, whoever brings it",
    async run(context) {
      if (await context.isOpen()) skip("the server is open to everybody")
      expectEqual(await resultOf(context, { master: context.stranger().secret }), "UNAUTHORIZED", "result")
    },
  },
]
