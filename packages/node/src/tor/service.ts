import { publicKeyOf } from "@tessera/mosaic"
import { type AddOnion, addOnionCommand } from "./add-onion.ts"
import type { ControlClient } from "./control/client.ts"
import { parseWords } from "./control/words.ts"
import { type OnionAddress, formatOnionAddress } from "./onion-address.ts"
import type { OnionService, PublishOptions } from "./port.ts"
import { isSocketPath } from "./run-folder.ts"

/** What stands in a descriptor is bounded by tor: this many fit. */
const CLIENTS = 256
const OK = 250
/** The service is there already: an earlier command was lost half-way. */
const COLLISION = 550

export interface ServiceOptions extends PublishOptions {
  /** Something is to be told to tor, or the service can be reached now, or no more. */
  readonly onChange: (service: Service) => void
  readonly onLog: (line: string) => void
}

/** A service that we want to be in the network, and how far tor knows of it. */
export class Service implements OnionService {
  readonly address: OnionAddress
  readonly #options: ServiceOptions
  #clients: readonly Uint8Array[] | undefined
  #isWanted = true
  #isOver = false
  #revision = 0
  #told: { readonly control: ControlClient; readonly revision: number; readonly isUp: boolean } | undefined
  #telling: Promise<void> | undefined
  #reachable = Promise.withResolvers<void>()
  #isReachable = false

  /** @throws {RangeError} */
  constructor(options: ServiceOptions) {
    const { port, target } = options
    if (!isPort(port)) throw new RangeError("port must be 1 to 65535")
    if ("path" in target ? !isSocketPath(target.path) : !isPort(target.port))
      throw new RangeError("target must be a port, or a socket with a short path of printable characters without spaces")
    this.#options = options
    this.#clients = checkClients(options.clients)
    this.address = formatOnionAddress(publicKeyOf(options.key))
  }

  get isReachable(): boolean {
    return this.#isReachable
  }

  /** Nobody is let in: there is nothing to publish. */
  get isForNobody(): boolean {
    return this.#clients?.length === 0
  }

  async whenReachable(signal: AbortSignal): Promise<void> {
    while (!this.#isReachable) {
      signal.throwIfAborted()
      const { promise, reject } = Promise.withResolvers<never>()
      const abort = (): void => reject(signal.reason as Error)
      signal.addEventListener("abort", abort, { once: true })
      try {
        await Promise.race([this.#reachable.promise, promise])
      } finally {
        signal.removeEventListener("abort", abort)
      }
    }
  }

  setClients(clients: readonly Uint8Array[]): void {
    this.#clients = checkClients(clients)
    this.#notReachable()
    this.#change()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isWanted) return
    this.#isWanted = false
    this.#notReachable()
    this.#change()
    // When tor ends meanwhile, the service has ended as well.
    await this.#telling?.catch(() => undefined)
    this.#isOver = true
    this.#options.onChange(this)
  }

  /** Tells tor what it does not know yet, one command after the other; what changes meanwhile is told as well. */
  tell(control: ControlClient): Promise<void> {
    // An earlier tor that ended half-way is no concern of this one.
    const before = this.#telling?.catch(() => undefined) ?? Promise.resolve()
    const telling = before.then(() => this.#tellAll(control))
    this.#telling = telling
    return telling
  }

  /** Tor says that a copy of the descriptor lies in the network. */
  uploaded(): void {
    // What tor was told since is not in that copy.
    if (this.#isReachable || this.#told?.isUp !== true || this.#told.revision !== this.#revision) return
    this.#isReachable = true
    this.#reachable.resolve()
    this.#options.onChange(this)
  }

  /** Tor is gone, and the service with it. */
  lost(): void {
    this.#told = undefined
    this.#notReachable()
  }

  /** It is disposed, and tor knows. */
  get isOver(): boolean {
    return this.#isOver
  }

  #change(): void {
    this.#revision += 1
    this.#options.onChange(this)
  }

  #notReachable(): void {
    if (!this.#isReachable) return
    this.#isReachable = false
    this.#reachable = Promise.withResolvers<void>()
    this.#options.onChange(this)
  }

  async #tellAll(control: ControlClient): Promise<void> {
    while (!(this.#told?.control === control && this.#told.revision === this.#revision)) {
      const revision = this.#revision
      if (this.#told?.control === control && this.#told.isUp) await control.command(`DEL_ONION ${this.#id}`)
      this.#told = { control, revision, isUp: false }
      this.#notReachable()
      if (!this.#isWanted || this.isForNobody) continue
      this.#told = { control, revision, isUp: true }
      if (await this.#add(control)) continue
      this.#told = { control, revision, isUp: false }
    }
  }

  /** Whether tor has taken it: with proof of work where tor can do that. */
  async #add(control: ControlClient): Promise<boolean> {
    const { key, port, target, onLog } = this.#options
    const common: Omit<AddOnion, "proofOfWork"> = { key, port, target, clients: this.#clients }
    let answer = { status: 0, text: "" }
    for (const proofOfWork of [true, false]) {
      const command = addOnionCommand({ ...common, proofOfWork })
      answer = await answerTo(control, command)
      if (answer.status === COLLISION) {
        await control.command(`DEL_ONION ${this.#id}`)
        answer = await answerTo(control, command)
      }
      if (answer.status === OK) break
    }
    if (answer.status === OK && parseWords(answer.text).named.get("ServiceID") === this.#id) return true
    onLog(`tor does not publish a service: status ${answer.status}`)
    return false
  }

  get #id(): string {
    return this.address.slice(0, -".onion".length)
  }
}

async function answerTo(control: ControlClient, command: string): Promise<{ readonly status: number; readonly text: string }> {
  const { status, lines } = await control.command(command)
  return { status, text: lines[0]?.text ?? "" }
}

const isPort = (port: number): boolean => Number.isInteger(port) && port > 0 && port < 65_536

function checkClients(clients: readonly Uint8Array[] | undefined): readonly Uint8Array[] | undefined {
  if (clients === undefined) return undefined
  if (clients.length > CLIENTS) throw new RangeError(`clients: at most ${CLIENTS}`)
  if (!clients.every((client) => client.length === 32)) throw new RangeError("clients: 32 bytes each")
  return clients.map((client) => Uint8Array.from(client))
}
