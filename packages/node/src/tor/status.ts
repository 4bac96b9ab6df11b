import { parseWords } from "./control/words.ts"

/** What is wrong, in categories that a person can do something about. */
export type TorTrouble =
  /** There is no tor, or it is too old. */
  | "no-tor"
  /** Tor does not stay up: it is started again and again. */
  | "does-not-run"
  /** The clock of this device is off, by minutes at least. */
  | "clock"
  /** This device is on no network. */
  | "no-network"
  /** There is a network, and it does not let tor through: a bridge may help. */
  | "blocked"

/** How things are with Tor. */
export interface TorStatus {
  readonly phase: "off" | "starting" | "connected"
  /** How far into its network tor has found, 0 to 100. */
  readonly progress: number
  /** Everything that is published can be found by others: it stands in the network. */
  readonly reachable: boolean
  readonly trouble?: TorTrouble
  /** A sentence for the person, when we have one to add (which tor to install). */
  readonly reason?: string
}

export const OFF: TorStatus = { phase: "off", progress: 0, reachable: false }

/** Warnings in a row that count as no coincidence. */
const STUCK_COUNT = 3
const NO_WAY_OUT: ReadonlySet<string> = new Set(["NOROUTE"])

/** Whether this device has an address other than its own loopback. */
export type HasNetwork = () => boolean

/** The status after an event of tor (`STATUS_CLIENT`, `STATUS_GENERAL`, `NETWORK_LIVENESS`); the same object when it changes nothing. */
export function statusAfter(status: TorStatus, event: string, hasNetwork: HasNetwork): TorStatus {
  const { plain, named } = parseWords(event)
  const [source, , action = ""] = plain
  if (source === "NETWORK_LIVENESS") {
    if (plain[1] === "UP") return without(status, "no-network", "blocked")
    return hasNetwork() || status.trouble !== undefined ? status : { ...status, trouble: "no-network" }
  }
  if (source !== "STATUS_CLIENT" && source !== "STATUS_GENERAL") return status
  switch (action) {
    case "BOOTSTRAP":
      return afterBootstrap(status, plain[1] ?? "", named, hasNetwork)
    case "CIRCUIT_ESTABLISHED":
      return { ...without(status, "no-network", "blocked", "clock", "does-not-run"), phase: "connected", progress: 100 }
    case "CIRCUIT_NOT_ESTABLISHED":
      return { ...status, phase: "starting" }
    case "CLOCK_SKEW":
      return { ...status, trouble: "clock" }
    default:
      return status
  }
}

function afterBootstrap(status: TorStatus, severity: string, named: ReadonlyMap<string, string>, hasNetwork: HasNetwork): TorStatus {
  const told = Number(named.get("PROGRESS"))
  const progress = Number.isInteger(told) && told >= 0 && told <= 100 ? told : status.progress
  const phase: TorStatus["phase"] = progress === 100 ? "connected" : "starting"
  if (severity !== "WARN") {
    // Tor got further: whatever stood in the way does so no longer. A wrong clock stays wrong until circuits work.
    const freed = progress > status.progress ? without(status, "no-network", "blocked", "does-not-run") : status
    const done = progress === 100 ? without(freed, "clock") : freed
    return done.progress === progress && done.phase === phase ? done : { ...done, phase, progress }
  }
  const moved = status.progress === progress && status.phase === phase ? status : { ...status, phase, progress }
  if (moved.trouble === "clock") return moved
  if (NO_WAY_OUT.has(named.get("REASON") ?? "") || !hasNetwork()) return { ...moved, trouble: "no-network" }
  const stuck = named.get("RECOMMENDATION") === "warn" || Number(named.get("COUNT")) >= STUCK_COUNT
  return stuck ? { ...moved, trouble: "blocked" } : moved
}

function without(status: TorStatus, ...troubles: readonly TorTrouble[]): TorStatus {
  if (status.trouble === undefined || !troubles.includes(status.trouble)) return status
  const { trouble: _gone, reason: _said, ...rest } = status
  return rest
}
