import { publicKeyOf, timestampFromUnixMillis } from "@tessera/mosaic"
import type { PublicKey, SecretKey } from "@tessera/mosaic"
import { createServer } from "@tessera/mosaic-server"
import type { RecordStore, ServerEvent } from "@tessera/mosaic-server"
import { addressScope } from "../card/card.ts"
import { doorPorts } from "../keys/keys.ts"
import { PortInUseError } from "../ports.ts"
import type { Listening, Ports } from "../ports.ts"
import { createDoorPolicy } from "./policy.ts"
import { createDoorView } from "./view.ts"

/** Where the door listens instead of its usual place. */
export interface DoorPlace {
  readonly host: string
  readonly port: number
}

export interface DoorOptions {
  readonly ports: Pick<Ports, "clock" | "network">
  readonly records: RecordStore
  readonly owner: PublicKey
  readonly doorKey: SecretKey
  /** The port that was chosen before; without it one is chosen and handed to `onPortChosen`, and kept before anybody hears of it. */
  readonly port?: number
  readonly onPortChosen: (port: number) => Promise<void>
  /** Anybody may come in there, from any address. */
  readonly place?: DoorPlace
  /** The door opened, or there is a new trouble. */
  readonly onChange?: () => void
  readonly onEvent?: (event: ServerEvent) => void
}

/** The owner's own server, open to visitors: those who follow, those who answer, those who look at a card. */
export interface Door extends AsyncDisposable {
  /** The port for cards: where it listens, or will once the port is free. */
  readonly port: number | undefined
  readonly isListening: boolean
  /** Why nobody can come in, as a sentence for the person. */
  readonly trouble: string | undefined
}

/** Longest message that a visitor may begin: well beyond a profile with its picture. Half a message is memory held for a stranger. */
const FRAME_BYTES = 512 * 1024
const RETRY_MS = 5_000
const SHUTTING_DOWN_MS = 2_000

/** Opens the door. A port that is taken is tried again every few seconds; meanwhile everything else works. */
export async function openDoor(options: DoorOptions): Promise<Door> {
  const { ports, records, owner, doorKey, place } = options
  const now = () => timestampFromUnixMillis(ports.clock.unixMillis())
  const view = createDoorView({ records, owner, now })
  const server = createServer({
    store: view,
    serverKey: publicKeyOf(doorKey),
    policy: createDoorPolicy({ records, owner }),
    limits: { frameBytes: FRAME_BYTES },
    now,
    ...(options.onEvent === undefined ? {} : { onEvent: options.onEvent }),
  })
  const stop = new AbortController()
  let listening: Listening | undefined
  let port = place?.port ?? options.port
  let trouble: string | undefined

  const listenAt = async (candidate: number): Promise<void> => {
    const common = { server, secretKey: doorKey, port: candidate, signal: stop.signal }
    if (place !== undefined) listening = await ports.network.listen({ ...common, host: place.host })
    else {
      const near = { ...common, allowRemote: isNear }
      listening = await ports.network.listen({ ...near, host: "::" }).catch((error: unknown) => {
        if (!lacksIpv6(error)) throw error
        return ports.network.listen({ ...near, host: "0.0.0.0" })
      })
    }
    port = listening.port
    trouble = undefined
  }
  const choosePort = async (): Promise<void> => {
    for (const candidate of doorPorts(doorKey)) {
      try {
        await listenAt(candidate)
      } catch (error) {
        if (error instanceof PortInUseError) continue
        throw error
      }
      return keepPort(candidate)
    }
    throw new PortInUseError(0)
  }
  /** A card must not name a port that the next start does not know. */
  const keepPort = async (chosen: number): Promise<void> => {
    try {
      await options.onPortChosen(chosen)
    } catch (error) {
      await listening?.close()
      listening = undefined
      port = undefined
      throw error
    }
  }
  const attempt = async (): Promise<boolean> => {
    try {
      await (port === undefined ? choosePort() : listenAt(port))
      return true
    } catch (error) {
      if (stop.signal.aborted) return true
      trouble =
        error instanceof PortInUseError && error.port !== 0
          ? `Friends cannot reach you right now: another program uses port ${error.port} on this device. Tessera tries again by itself.`
          : "Friends cannot reach you right now: this device does not let Tessera listen. Tessera tries again by itself."
      return false
    }
  }
  const keepTrying = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await ports.clock.sleep(RETRY_MS, stop.signal)
      if (await attempt()) return options.onChange?.()
    }
  }
  const isOpen = await attempt()
  // Ends with the door; a failure to wait means that it was closed.
  const trying = isOpen ? Promise.resolve() : keepTrying().catch(() => undefined)

  return {
    get port() {
      return port
    },
    get isListening() {
      return listening !== undefined
    },
    get trouble() {
      return trouble
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await trying
      await listening?.close()
      const patience = new AbortController()
      await Promise.race([server[Symbol.asyncDispose](), ports.clock.sleep(SHUTTING_DOWN_MS, patience.signal).catch(() => undefined)])
      patience.abort()
    },
  }
}

function lacksIpv6(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined
  return code === "EAFNOSUPPORT" || code === "EADDRNOTAVAIL" || code === "EINVAL"
}

/** Only this machine and its own network, unless the person says otherwise. */
function isNear(address: string): boolean {
  const scope = addressScope(address)
  return scope !== "public" && scope !== undefined
}
