import {
  type Bootstrap,
  encodeBootstrap,
  encodeUtf8,
  formatMosaicUrl,
  parseBootstrap,
  parseMosaicUrl,
  readBootstrap,
  urlReach,
} from "@tessera/mosaic"
import { type Bencoded, decodeBencode, encodeBencode } from "../../packages/mosaic-client/src/dht/bencode.ts"
import { TRANSACTION_LENGTH, decodeAnswer } from "../../packages/mosaic-client/src/dht/krpc.ts"
import { keys } from "../cast.ts"
import { type Target, expectLaw, expectSame } from "../target.ts"

const URLS = [
  "mosaictcp://203.0.113.1",
  "mosaic://203.0.113.2:5198",
  "mosaicwss://example.org:8443/",
  "mosaictcp://[2001:db8::c0:876a:130b]",
  "mosaicwss://duckduckgogg42xjoc72x3sjasowoarfbgcmvfimaftt6twagswzczad.onion",
  "MOSAICTCP://user:pass@Example.ORG:1320/?q#f",
]

const bootstraps: readonly Bootstrap[] = [
  { type: "server", urls: URLS.map(parseMosaicUrl) },
  { type: "user", servers: keys.map((serverKey, index) => ({ usage: 7 - index, serverKey })) },
]

/** Answers of nodes of the DHT, which anybody may be. */
export const dhtTarget: Target = {
  name: "DHT answers",
  share: 300,
  good: [
    encodeBencode(
      new Map<string, Bencoded>([
        [
          "r",
          new Map<string, Bencoded>([
            ["id", new Uint8Array(20).fill(1)],
            ["k", keys[0] ?? new Uint8Array(32)],
            ["nodes", new Uint8Array(52).fill(9)],
            ["nodes6", new Uint8Array(38).fill(9)],
            ["seq", 5n],
            ["sig", new Uint8Array(64).fill(3)],
            ["token", new Uint8Array(8)],
            ["v", encodeUtf8("S\nmosaictcp://203.0.113.1")],
          ]),
        ],
        ["t", new Uint8Array(TRANSACTION_LENGTH)],
        ["y", encodeUtf8("r")],
      ]),
    ),
    encodeUtf8("d1:eli203e12:what is it?!e1:t6:123456 1:y1:ee".replace(" ", "")),
  ],
  take(bytes) {
    const value = decodeBencode(bytes)
    const written = encodeBencode(value)
    expectSame(encodeBencode(decodeBencode(written)), written, "encode(decode(x)) is not canonical")
    decodeAnswer(bytes)
  },
}

/** URLs: what is printed reads back the same, and does not look at the network. */
export const urlTarget: Target = {
  name: "URLs",
  share: 1_000,
  good: URLS.map(encodeUtf8),
  take(bytes) {
    const url = parseMosaicUrl(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1"))
    const written = formatMosaicUrl(url)
    expectLaw(formatMosaicUrl(parseMosaicUrl(written)) === written, "format(parse(x)) is not canonical")
    expectLaw(url.port > 0 && url.port < 65_536, "a port is beyond its bounds")
    urlReach(url)
  },
}

export const bootstrapTarget: Target = {
  name: "bootstraps",
  share: 20,
  good: bootstraps.map(encodeBootstrap),
  take(bytes) {
    const { bootstrap, faults } = readBootstrap(bytes)
    if (faults.length > 0) return
    parseBootstrap(bytes)
    const written = writable(bootstrap)
    if (written !== undefined) expectSame(encodeBootstrap(parseBootstrap(written)), written, "encode(parse(x)) is not canonical")
  },
}

/** What is read may hold an entry twice, or be longer when it is written with canonical URLs: that is not written. */
function writable(bootstrap: Bootstrap): Uint8Array | undefined {
  try {
    return encodeBootstrap(bootstrap)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
