import { parseSecretKey } from "@tessera/mosaic"
import { expect, test } from "vitest"
import { type Outcome, runConformance } from "./run.ts"
import { RULES } from "./rules.ts"
import { type WebSocketFault, withBrokenWebSocket } from "./testing/broken-websocket.test-suite.ts"

async function outcomeOf(id: string, fault: WebSocketFault): Promise<Outcome | undefined> {
  let seen: Outcome | undefined
  await withBrokenWebSocket(fault, async (target) => {
    const rules = RULES.filter((rule) => rule.id === id)
    for await (const { outcome } of runConformance({ target, rules, answerMs: 400 })) seen = outcome
  })
  return seen
}

const answers = (pattern: RegExp, instead: string): WebSocketFault => ({ head: (head) => head.replace(pattern, instead) })
const asks = (pattern: RegExp, instead: string): WebSocketFault => ({
  fromClient: (bytes) =>
    bytes.toString("latin1", 0, 4) === "GET " ? Buffer.from(bytes.toString("latin1").replace(pattern, instead), "latin1") : bytes,
})
/** Changes the first byte of frames of a client that begin so. */
const takes = (first: number, asIf: number): WebSocketFault => ({
  fromClient: (bytes) => (bytes[0] === first ? Buffer.concat([Uint8Array.of(asIf), bytes.subarray(1)]) : bytes),
})
/** Another server's key and its signatures. */
const impostor: WebSocketFault = { options: { secretKey: parseSecretKey(new Uint8Array(32).fill(7)) } }

const CASES: [name: string, rule: string, fault: WebSocketFault, outcome?: Outcome][] = [
  ["grants no subprotocol", "websocket-subprotocol", answers(/Sec-WebSocket-Protocol: .*\r\n/u, "")],
  ["decides on a version that was not offered", "websocket-version", answers(/Version: 0/u, "Version: 9")],
  ["says no version", "websocket-version", answers(/X-Mosaic-Version: .*\r\n/u, "")],
  ["takes versions that it does not speak", "websocket-version-unknown", asks(/Versions: 65535/u, "Versions: 0")],
  ["accepts what was not asked for", "websocket-features", answers(/Accepted: .*/u, "Accepted: 0,1,7")],
  ["accepts nothing", "websocket-features-core", answers(/Accepted: .*/u, "Accepted: "), "differs"],
  ["reads features that are none", "websocket-headers-malformed", asks(/Features: one/u, "Features: 1")],
  ["proves nothing", "websocket-server-proof-form", answers(/X-Mosaic-Server-Authentication: .*\r\n/u, "")],
  ["writes its proof without padding", "websocket-server-proof-form", answers(/==/u, "")],
  ["proves another key", "websocket-server-proof", impostor],
  ["gives everybody the same nonce", "websocket-client-nonce", answers(/(Client-Authenticate-Nonce): .*/u, "$1: 0123456789abcdef")],
  ["gives nobody a nonce", "websocket-client-nonce", answers(/X-Mosaic-Client-Authenticate-Nonce: .*\r\n/u, "")],
  [
    "gives a nonce to whoever comes",
    "websocket-client-nonce",
    answers(/X-Mosaic-Version/u, "X-Mosaic-Client-Authenticate-Nonce: x\r\nX-Mosaic-Version"),
  ],
  [
    "names a service that is a script",
    "websocket-service-url",
    answers(/X-Mosaic-Version/u, "X-Mosaic-Service-Url: javascript:1\r\nX-Mosaic-Version"),
  ],
  ["proves another key to pages", "websocket-page-identify", impostor],
  ["takes text", "websocket-text", takes(0x81, 0x82)],
  ["answers no ping", "websocket-ping", takes(0x89, 0x8a)],
  ["takes pings in pieces", "websocket-broken-frames", takes(0x09, 0x89)],
  ["looks at no extension bits", "websocket-broken-frames", takes(0xc2, 0x82)],
  ["does not understand fragments", "websocket-fragments", takes(0x02, 0x82)],
  ["ends without Close", "websocket-close", { fromServer: (bytes) => (bytes[0] === 0x88 ? bytes.subarray(0, 0) : bytes) }],
  ["sends text", "websocket-anonymous", { fromServer: (bytes) => Buffer.concat([Uint8Array.of(0x81), bytes.subarray(1)]) }],
  [
    "masks its frames",
    "websocket-anonymous",
    { fromServer: (bytes) => Buffer.concat([bytes.subarray(0, 1), Uint8Array.of(0x88), bytes.subarray(2)]) },
  ],
  ["accepts another key of the handshake", "websocket-anonymous", answers(/Accept: ./u, "Accept: -")],
  [
    "compresses unasked",
    "websocket-anonymous",
    answers(/X-Mosaic-Version/u, "Sec-WebSocket-Extensions: permessage-deflate\r\nX-Mosaic-Version"),
  ],
]

test("a server that nothing spoils keeps all these rules", async () => {
  await withBrokenWebSocket({ options: { serviceUrl: "https://example.org/join" } }, async (target) => {
    const rules = RULES.filter(({ id }) => CASES.some((each) => each[1] === id))
    const outcomes = await Array.fromAsync(runConformance({ target, rules }), ({ id, outcome }) => [id, outcome])
    expect(outcomes).toEqual(rules.map(({ id }) => [id, "ok"]))
  })
})

test.each(CASES)("a server that %s does not keep %s", async (_, id, fault, outcome = "failed") => {
  expect(await outcomeOf(id, fault)).toBe(outcome)
})
