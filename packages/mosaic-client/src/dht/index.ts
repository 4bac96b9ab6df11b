export { type DhtNode, type MainlineDhtOptions, MainlineDht, PUBLIC_DHT_NODES } from "./mainline-dht.ts"
export { type CachedDhtOptions, CachedDht } from "./cached-dht.ts"
export { DhtUnreachableError } from "./errors.ts"
