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
    const ports = new Set<number>()
    for (let index = 0; index < size; index += 1) {
      const [first] = nodes
      const bootstrap = first === undefined ? (false as const) : [`127.0.0.1:${first.address().port}`]
      const node = new DhtClient({ bootstrap, verify })
      keepOut(node, ports)
      const ready = new Promise<void>((resolve) => void node.once("ready", resolve))
      await new Promise<void>((resolve) => node.listen(0, "127.0.0.1", resolve))
      nodes.push(node)
      ports.add(node.address().port)
      await ready
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

/** The package does not know read-only nodes (BEP 43): it would name those who answer nobody, and all others would wait for them. */
function keepOut(node: DhtClient, members: ReadonlySet<number>): void {
  node.nodes.on("added", ({ id, port }: { readonly id: Uint8Array; readonly port: number }) => {
    if (!members.has(port)) node.removeNode(id)
  })
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
