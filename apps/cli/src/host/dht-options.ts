import { type Bootstrap, DecodeError, type MosaicUrl, encodeBootstrap, parseMosaicUrl, urlReach } from "@tessera/mosaic"
import { type DhtNode, PUBLIC_DHT_NODES } from "@tessera/mosaic-client/dht"
import { type Invocation, isSet, textOptions, UsageError } from "../command.ts"
import { readDhtNode } from "../dht-node.ts"

/** How a server takes part in the mainline DHT. */
export interface DhtOptions {
  /** Where to begin. */
  readonly nodes: readonly DhtNode[]
  /** What to publish; where none is named, those of its own addresses that everybody can reach. */
  readonly urls: readonly MosaicUrl[]
}

export const dhtOptions = {
  dht: { type: "boolean" },
  "no-dht": { type: "boolean" },
  "dht-bootstrap": { type: "string", multiple: true },
  "public-url": { type: "string", multiple: true },
} as const

/** Undefined where nothing was said: a server sends nothing to strangers unless its owner wants it to. @throws UsageError */
export function readDhtOptions(invocation: Invocation): DhtOptions | undefined {
  const nodes = textOptions(invocation, "dht-bootstrap").map(readDhtNode)
  const urls = textOptions(invocation, "public-url").map(readUrl)
  if (isSet(invocation, "no-dht") && (isSet(invocation, "dht") || nodes.length > 0))
    throw new UsageError("--no-dht means that there is no DHT. Choose one.")
  if (!isSet(invocation, "dht") && nodes.length === 0) {
    if (urls.length > 0) throw new UsageError("--public-url says what is published in the DHT: add --dht.")
    return undefined
  }
  bootstrapOf(urls)
  return { nodes: nodes.length === 0 ? PUBLIC_DHT_NODES : nodes, urls }
}

/** What a server publishes; undefined when there is nothing. @throws UsageError for what does not fit. */
export function bootstrapOf(urls: readonly MosaicUrl[]): Bootstrap | undefined {
  const bootstrap: Bootstrap = { type: "server", urls }
  try {
    encodeBootstrap(bootstrap)
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(`These URLs cannot be published: ${error.message}.`)
    throw error
  }
  return urls.length === 0 ? undefined : bootstrap
}

/** Those of a server's own addresses that everybody can reach. */
export const reachable = (urls: readonly string[]): MosaicUrl[] => urls.map(parseMosaicUrl).filter((url) => urlReach(url) === "public")

function readUrl(text: string): MosaicUrl {
  try {
    return parseMosaicUrl(text)
  } catch (error) {
    if (error instanceof DecodeError)
      throw new UsageError(`"${text}" is no URL of a Mosaic server: ${error.reason}. Write it as mosaictcp://mosaic.example.org.`)
    throw error
  }
}
