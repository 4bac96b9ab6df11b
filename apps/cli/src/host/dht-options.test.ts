import { formatMosaicUrl } from "@tessera/mosaic"
import { PUBLIC_DHT_NODES } from "@tessera/mosaic-client/dht"
import { expect, test } from "vitest"
import { UsageError } from "../command.ts"
import { bootstrapOf, reachable, readDhtOptions } from "./dht-options.ts"

const read = (options: Readonly<Record<string, boolean | readonly string[]>>) =>
  readDhtOptions({
    options,
    words: [],
    output: { json: false, line: () => {}, value: () => {}, say: () => {} },
    signal: new AbortController().signal,
  })

test("without a word there is no DHT", () => {
  expect(read({})).toBeUndefined()
  expect(read({ "no-dht": true })).toBeUndefined()
})

test("--dht begins at the public nodes, --dht-bootstrap at others alone", () => {
  expect(read({ dht: true })).toEqual({ nodes: PUBLIC_DHT_NODES, urls: [] })
  const nodes = [
    { host: "127.0.0.1", port: 6881 },
    { host: "::1", port: 1 },
    { host: "router.example.org", port: 65_535 },
  ]
  const words = ["127.0.0.1:6881", "[::1]:1", "router.example.org:65535"]
  expect(read({ "dht-bootstrap": words })).toEqual({ nodes, urls: [] })
  expect(read({ dht: true, "dht-bootstrap": words })).toEqual({ nodes, urls: [] })
})

test.each([
  [{ "dht-bootstrap": ["nonsense"] }, '"nonsense" is no node of the DHT'],
  [{ "dht-bootstrap": ["127.0.0.1:0"] }, "is no node of the DHT"],
  [{ "dht-bootstrap": ["127.0.0.1:65536"] }, "is no node of the DHT"],
  [{ "dht-bootstrap": ["::1:6881"] }, "is no node of the DHT"],
  [{ dht: true, "no-dht": true }, "--no-dht means that there is no DHT"],
  [{ "no-dht": true, "dht-bootstrap": ["127.0.0.1:1"] }, "--no-dht means that there is no DHT"],
  [{ "public-url": ["mosaictcp://203.0.113.7"] }, "add --dht"],
  [{ dht: true, "public-url": ["https://203.0.113.7"] }, "is no URL of a Mosaic server"],
  [{ dht: true, "public-url": ["mosaictcp://a.example.org", "mosaictcp://a.example.org"] }, "stands twice"],
  [{ dht: true, "public-url": Array.from({ length: 40 }, (_, i) => `mosaictcp://server-${i}.example.org`) }, "at most 983"],
])("%j gets a sentence", (options, sentence) => {
  expect(() => read(options)).toThrow(UsageError)
  expect(() => read(options)).toThrow(sentence)
})

test("what only this machine or network reaches is not published", () => {
  const urls = [
    "mosaictcp://[::]:1320",
    "mosaictcp://127.0.0.1:1",
    "mosaicwss://192.168.1.2",
    "mosaictcp://203.0.113.7:5",
    "mosaicwss://[2001:db8::1]",
  ]
  expect(reachable(urls).map(formatMosaicUrl)).toEqual(["mosaictcp://203.0.113.7:5", "mosaicwss://[2001:db8::1]"])
  expect(bootstrapOf([])).toBeUndefined()
  expect(bootstrapOf(reachable(urls))).toMatchObject({ type: "server" })
})
