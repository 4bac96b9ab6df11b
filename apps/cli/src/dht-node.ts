import type { DhtNode } from "@tessera/mosaic-client/dht"
import { UsageError } from "./command.ts"

/** Reads a node of the DHT: `HOST:PORT`, an IPv6 address in brackets. @throws UsageError */
export function readDhtNode(text: string): DhtNode {
  const [, host, port] = /^(\[[0-9A-Fa-f:.]+\]|[^:\s[\]]+):(\d{1,5})$/u.exec(text) ?? []
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535)
    throw new UsageError(`"${text}" is no node of the DHT. Write it as router.example.org:6881.`)
  return { host: host.replace(/^\[|\]$/gu, ""), port: Number(port) }
}
