/** What tests use of the package, which brings no types. */
declare module "bittorrent-dht" {
  import type { EventEmitter } from "node:events"

  interface DhtClientOptions {
    readonly bootstrap?: readonly string[] | false
    readonly verify?: (signature: Uint8Array, message: Uint8Array, key: Uint8Array) => boolean
  }

  interface MutableItem {
    readonly v: Buffer
    readonly k: Buffer
    readonly seq: number
    readonly sig: Buffer
    readonly salt: Buffer
  }

  export default class DhtClient extends EventEmitter {
    constructor(options: DhtClientOptions)
    listen(port: number, address: string, callback: () => void): void
    address(): { readonly port: number }
    put(item: MutableItem, callback: (error: Error | null, hash: Buffer, nodes: number) => void): void
    get(
      target: Uint8Array,
      options: { readonly salt: Buffer; readonly cache?: boolean },
      callback: (error: Error | null, item: MutableItem | null) => void,
    ): void
    /** The routing table, which says what it takes. */
    readonly nodes: EventEmitter
    removeNode(id: Uint8Array): void
    destroy(callback: () => void): void
  }
}
