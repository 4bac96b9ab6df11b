import type { SecretKey } from "@tessera/mosaic"
import type { Addresses, MosaicServer } from "@tessera/mosaic-server"
import { listenTcp } from "@tessera/mosaic-server/tcp"
import { type ListenWebSocketOptions, type WebSocketListener, listenWebSocket } from "@tessera/mosaic-server/websocket"
import type { ListenAddress } from "../listen-url.ts"

export interface ListenersOptions {
  readonly server: MosaicServer
  readonly secretKey: SecretKey
  /** Counts connections together, whichever way they come. */
  readonly addresses: Addresses
  /** How WebSocket is served. */
  readonly webSocket: Pick<ListenWebSocketOptions, "tls" | "serviceUrl">
  /** How long TLS and the headers of a request may take, in milliseconds. */
  readonly handshakeMs: number
  /** Told when another port is taken than the first choice. */
  readonly say: (sentence: string) => void
}

/** Where a server can be reached. Disposing it ends all of them. */
export class Listeners implements AsyncDisposable {
  readonly urls: string[] = []
  readonly webSockets: WebSocketListener[] = []
  readonly #open = new AsyncDisposableStack()

  /**
   * Listens at all of these.
   * @throws {Error} of Node's `listen` when one cannot be had; none is open then.
   */
  static async open(places: readonly ListenAddress[], options: ListenersOptions): Promise<Listeners> {
    const listeners = new Listeners()
    try {
      for (const place of places) await listeners.#listen(place, options)
      return listeners
    } catch (error) {
      await listeners[Symbol.asyncDispose]()
      throw error
    }
  }

  async #listen(place: ListenAddress, options: ListenersOptions): Promise<void> {
    try {
      await this.#listenAt(place, options)
    } catch (error) {
      const { scheme, port, otherwise } = place
      if (otherwise === undefined || !isPortFault(error)) throw error
      options.say(
        `port ${port} cannot be had for ${scheme}, and is replaced by ${otherwise}. Choose one with --listen ${scheme}://[::]:PORT.`,
      )
      await this.#listenAt({ ...place, port: otherwise }, options)
    }
  }

  async #listenAt({ scheme, host, port }: ListenAddress, options: ListenersOptions): Promise<void> {
    const { server, secretKey, addresses, webSocket, handshakeMs } = options
    const place = { server, secretKey, host, port, addresses, limits: { handshakeMs } }
    const webSocketListener = scheme === "mosaicwss" ? await listenWebSocket({ ...place, ...webSocket }) : undefined
    if (webSocketListener !== undefined) this.webSockets.push(webSocketListener)
    const listener = webSocketListener ?? (await listenTcp(place))
    this.#open.defer(() => listener.close())
    this.urls.push(listener.url)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#open.disposeAsync()
  }
}

const isPortFault = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "EACCES" || error.code === "EADDRINUSE")
