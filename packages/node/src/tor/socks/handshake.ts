import { DecodeError, concatBytes } from "@tessera/mosaic"

/** Where to, and which name keeps its circuits apart from those of others. */
export interface SocksRequest {
  /** An onion address, a name or an IPv4 address: 1 to 255 bytes of ASCII. Tor resolves it, never this machine. */
  readonly host: string
  readonly port: number
  /** Streams with the same name share circuits, others never do (`IsolateSOCKSAuth`): 1 to 255 bytes of ASCII. */
  readonly isolation: string
}

/** What the handshake comes to with the bytes that are there: something to send, all done (with the bytes of the stream that came after), or more to come. */
export type SocksStep =
  | { readonly type: "more" }
  | { readonly type: "send"; readonly bytes: Uint8Array }
  | { readonly type: "connected"; readonly rest: Uint8Array }
  | { readonly type: "refused"; readonly code: number }

type State = "method" | "password" | "reply"

const VERSION = 5
const BY_PASSWORD = 2
const CONNECT = 1
const BY_NAME = 3
const ADDRESS_LENGTHS: ReadonlyMap<number, number> = new Map([
  [1, 4],
  [4, 16],
])
const PRINTABLE = /^[\x21-\x7e]{1,255}$/u

/** The client's side of SOCKS 5 with a user name (RFC 1928, RFC 1929), as a value: bytes in, what to do out. */
export class SocksHandshake {
  readonly #request: SocksRequest
  #state: State = "method"
  #bytes: Uint8Array = new Uint8Array()

  /** @throws {RangeError} */
  constructor(request: SocksRequest) {
    if (!PRINTABLE.test(request.host)) throw new RangeError("host must be 1 to 255 printable characters of ASCII")
    if (!PRINTABLE.test(request.isolation)) throw new RangeError("isolation must be 1 to 255 printable characters of ASCII")
    if (!Number.isInteger(request.port) || request.port < 1 || request.port > 65_535) throw new RangeError("port must be 1 to 65535")
    this.#request = request
  }

  /** What the client says first. */
  get greeting(): Uint8Array {
    return Uint8Array.of(VERSION, 1, BY_PASSWORD)
  }

  /** Takes bytes of the proxy. @throws {DecodeError} when they are not SOCKS 5. */
  push(bytes: Uint8Array): SocksStep {
    this.#bytes = concatBytes(this.#bytes, bytes)
    if (this.#state === "reply") return this.#takeReply()
    if (this.#bytes.length < 2) return { type: "more" }
    const [version, answer] = this.#bytes
    if (this.#bytes.length > 2) throw new DecodeError("SOCKS: bytes that nobody asked for", 2)
    this.#bytes = new Uint8Array()
    if (this.#state === "method") {
      if (version !== VERSION) throw new DecodeError("SOCKS version")
      if (answer !== BY_PASSWORD) throw new DecodeError("SOCKS method", 1)
      this.#state = "password"
      return { type: "send", bytes: passwordMessage(this.#request.isolation) }
    }
    if (version !== 1) throw new DecodeError("SOCKS password version")
    if (answer !== 0) throw new DecodeError("SOCKS password", 1)
    this.#state = "reply"
    return { type: "send", bytes: connectMessage(this.#request) }
  }

  #takeReply(): SocksStep {
    const [version, code = 0, reserved, type = 0, nameLength = 0] = this.#bytes
    if (version !== undefined && version !== VERSION) throw new DecodeError("SOCKS version")
    if (reserved !== undefined && reserved !== 0) throw new DecodeError("SOCKS reserved byte", 2)
    if (this.#bytes.length < 5) return { type: "more" }
    const length = type === BY_NAME ? 1 + nameLength : ADDRESS_LENGTHS.get(type)
    if (length === undefined) throw new DecodeError("SOCKS address type", 3)
    const end = 4 + length + 2
    if (code !== 0) return { type: "refused", code }
    return this.#bytes.length < end ? { type: "more" } : { type: "connected", rest: this.#bytes.slice(end) }
  }
}

const ascii = (text: string): Uint8Array => Buffer.from(text, "latin1")

/** Tor takes any password; the name alone keeps apart. */
const passwordMessage = (name: string): Uint8Array => Uint8Array.of(1, name.length, ...ascii(name), 1, 0x78)

const connectMessage = ({ host, port }: SocksRequest): Uint8Array =>
  Uint8Array.of(VERSION, CONNECT, 0, BY_NAME, host.length, ...ascii(host), port >>> 8, port & 0xff)
