/// <reference path="./bittorrent-dht.d.ts" />
import { DecodeError, VerifyError, parsePublicKey, verifyEd25519 } from "@tessera/mosaic"
import DhtClient from "bittorrent-dht"

/** A DHT on this machine's own interface, of nodes by others, that knows nothing but itself. */
export class LocalNetwork implements AsyncDisposable {
  readonly nodes: readonly DhtClient[]

  private constructor(nodes: readonly DhtClient[]) {
    this.nodes = nodes
  }

  static async open(size: number): Promise<LocalNetwork> {
    const nodes: DhtClient[] = []
    for (let index = 0; index < size; index += 1) {
      const [first] = nodes
      const bootstrap = first === undefined ? (false as const) : [`127.0.0.1:${first.address().port}`]
      const node = new DhtClient({ bootstrap, verify })
      const ready = new Promise<void>((resolve) => void node.once("ready", resolve))
      await new Promise<void>((resolve) => node.listen(0, "127.0.0.1", resolve))
      await ready
      nodes.push(node)
    }
    return new LocalNetwork(nodes)
  }

  /** Where to begin: its first node. */
  get entry(): { readonly host: string; readonly port: number } {
    return { host: "127.0.0.1", port: this.port(0) }
  }

  port(index: number): number {
    return this.nodes[index]?.address().port ?? 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map((node) => new Promise<void>((resolve) => node.destroy(resolve))))
  }
}

function verify(signature: Uint8Array, message: Uint8Array, key: Uint8Array): boolean {
  try {
    verifyEd25519(signature, message, parsePublicKey(key))
    return true
  } catch (error) {
    if (error instanceof DecodeError || error instanceof VerifyError) return false
    throw error
  }
}
