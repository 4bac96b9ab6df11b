import type { AddressInfo, Server, Socket } from "node:net"
import type { ByteChannel, ResultCode } from "@tessera/mosaic"
import type { MosaicServer } from "../server.ts"
import { type Addresses, plainAddress } from "./addresses.ts"
import { turnAway } from "./turn-away.ts"

/** Connections that the system keeps until they are taken: bursts of a thousand are let through. */
const BACKLOG = 4_096
/** Connections that proxies may have, those included of which nobody is known yet. */
const PROXY_CONNECTIONS = 20_000

export interface GateOptions {
  readonly addresses: Addresses
  readonly allowRemote: (address: string) => boolean
  /** Whether a reverse proxy is at an address: it comes in for others, who are counted when it says where they are. None when not given. */
  readonly isProxy?: (address: string) => boolean
  /** A Unix socket: peers have no address, and are counted as one. False when not given. */
  readonly isLocal?: boolean
}

/** Stands for the address of those who have none. */
const LOCAL = "local"

/** What every listener does with sockets, whatever is spoken on them: who may come in is asked before anything is spent, and all are cut at the end. */
export class Gate {
  readonly #listener: Server
  readonly #options: GateOptions
  readonly #open = new Set<Socket>()
  /** Why those are turned away who are, by the ends of their socket: TLS brings a socket of its own. */
  readonly #refusals = new Map<string, ResultCode>()

  /** @param listener not listening yet. */
  constructor(listener: Server, options: GateOptions) {
    this.#listener = listener
    this.#options = options
    if (options.isProxy !== undefined) listener.maxConnections = PROXY_CONNECTIONS
    listener.on("connection", (socket: Socket) => this.#admit(socket))
  }

  /**
   * Asks whether somebody may come in for whom a proxy has opened this socket.
   * @param address where the proxy says that they are; its own counts for those of whom it says nothing.
   * @returns false when they are to be dropped without a word. What is not a proxy's socket has been let in already.
   */
  admitForwarded(socket: Socket, address: string | undefined): boolean {
    const own = plainAddress(socket.remoteAddress)
    if (own === undefined) return false
    return this.#options.isProxy?.(own) === true ? this.#enter(socket, address ?? own) : true
  }

  /** Serves whoever came in by this socket, or tells them why not. */
  serve(server: MosaicServer, channel: ByteChannel, socket: Socket): void {
    const refusal = this.#refusals.get(endsOf(socket))
    void (refusal === undefined ? server.serve(channel) : turnAway(channel, refusal))
  }

  /** Begins to listen. @returns the port that the system has chosen, 0 at a path. @throws {Error} of Node's `listen` when the place cannot be had. */
  async listen(place: { readonly host: string; readonly port: number } | { readonly path: string }): Promise<number> {
    const listener = this.#listener
    await new Promise<void>((resolve, reject) => {
      listener.once("error", reject)
      listener.listen({ ...place, backlog: BACKLOG }, () => {
        listener.off("error", reject)
        resolve()
      })
    })
    // Such as too many open files: the connection at hand is lost, the listener stays.
    listener.on("error", () => {})
    return "path" in place ? 0 : (listener.address() as AddressInfo).port
  }

  /** Takes nobody any more, and cuts those who are still connected. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#listener.close(() => resolve()))
    for (const socket of this.#open) socket.destroy()
    await closed
  }

  #admit(socket: Socket): void {
    socket.on("error", () => {})
    const address = this.#options.isLocal === true ? LOCAL : plainAddress(socket.remoteAddress)
    if (address === undefined || (this.#options.isProxy?.(address) !== true && !this.#enter(socket, address))) {
      socket.destroy()
      return
    }
    this.#open.add(socket)
    socket.once("close", () => this.#open.delete(socket))
  }

  #enter(socket: Socket, address: string): boolean {
    const { addresses, allowRemote } = this.#options
    const entrance = allowRemote(address) ? addresses.enter(address) : undefined
    if (entrance === undefined) return false
    if (entrance.refusal !== undefined && this.#options.isLocal === true) {
      // Sockets without ends could not be told apart.
      entrance.leave()
      return false
    }
    const ends = endsOf(socket)
    if (entrance.refusal !== undefined) this.#refusals.set(ends, entrance.refusal)
    socket.once("close", () => {
      entrance.leave()
      this.#refusals.delete(ends)
    })
    return true
  }
}

/** A Mosaic URL of a listener. */
export const listenerUrl = (scheme: string, host: string, port: number): string =>
  `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`

/** Where a socket's peer is: `127.0.0.1:41234`. */
export const remoteOf = ({ remoteAddress, remotePort }: Socket): string => `${plainAddress(remoteAddress) ?? "unknown"}:${remotePort ?? 0}`

const endsOf = ({ localAddress, localPort, remoteAddress, remotePort }: Socket): string =>
  [localAddress, localPort, remoteAddress, remotePort].join(" ")
