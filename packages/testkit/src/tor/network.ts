import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { makeAuthority } from "./authority.ts"
import { freePorts } from "./free-ports.ts"
import { TorMember } from "./member.ts"
import type { TorPrograms } from "./programs.ts"

export { type TorPrograms, findTorPrograms } from "./programs.ts"

/** One authority and five relays: with fewer than six, some relays never find three others to build circuits through. */
const RELAYS = 5
/** Mostly 20 seconds do. Sometimes relays miss each other for good on a busy machine, and a new network is up sooner. */
const UP_MS = 50_000
const ATTEMPTS = 3
const POLL_MS = 250

/** Quick votes, and the flags that relays otherwise earn by days of running. */
const AUTHORITY_LINES = [
  "AuthoritativeDirectory 1",
  "V3AuthoritativeDirectory 1",
  "ContactInfo a@test.invalid",
  "TestingV3AuthInitialVotingInterval 5",
  "TestingV3AuthInitialVoteDelay 2",
  "TestingV3AuthInitialDistDelay 2",
  "V3AuthVotingInterval 10",
  "V3AuthVoteDelay 2",
  "V3AuthDistDelay 2",
  "V3AuthNIntervalsValid 2",
  "TestingDirAuthVoteHSDir *",
  "TestingDirAuthVoteGuard *",
  "MinUptimeHidServDirectoryV2 0",
  "TestingMinExitFlagThreshold 0",
]

interface TorNetworkOptions {
  readonly programs: TorPrograms
  readonly signal?: AbortSignal
}

/**
 * A private Tor network on loopback, in folders and at ports of its own: real tors, onion services and circuits, and nothing leaves the machine.
 * Takes 10 to 30 seconds to come up and about 500 MiB; one serves any number of tests.
 */
export class TorNetwork implements AsyncDisposable {
  readonly #folder: string
  readonly #members: TorMember[] = []
  /** Lines of configuration with which a tor joins as a client or service. */
  readonly clientLines: readonly string[]

  private constructor(folder: string, clientLines: readonly string[]) {
    this.#folder = folder
    this.clientLines = clientLines
  }

  /** Resolves once clients find their way at once. @throws {Error} when it does not come up, three times. */
  static async start(options: TorNetworkOptions): Promise<TorNetwork> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await TorNetwork.#startOnce(options)
      } catch (error) {
        if (attempt === ATTEMPTS || options.signal?.aborted === true) throw error
      }
    }
  }

  static async #startOnce({ programs, signal }: TorNetworkOptions): Promise<TorNetwork> {
    const folder = await mkdtemp(join(tmpdir(), "tessera-tor-network-"))
    const emptyFile = join(folder, "empty")
    await writeFile(emptyFile, "")
    const [dirPort = 0, ...orPorts] = await freePorts(RELAYS + 2)
    const nicknames = orPorts.map((_, index) => (index === 0 ? "authority" : `relay${index}`))
    const folders = nicknames.map((name) => join(folder, name))
    for (const path of folders) await mkdir(path, { mode: 0o700 })
    const [authority = "", orPort = 0] = [folders[0], orPorts[0]]
    const place = { folder: authority, nickname: "authority", orPort, dirPort, emptyFile }
    const network = new TorNetwork(folder, ["TestingTorNetwork 1", await makeAuthority(programs, place)])
    try {
      for (const [index, path] of folders.entries()) {
        const own = [...network.clientLines, `Nickname ${nicknames[index]}`, `ORPort 127.0.0.1:${orPorts[index]}`]
        const lines = index === 0 ? [...own, `DirPort 127.0.0.1:${dirPort}`, ...AUTHORITY_LINES] : own
        network.#members.push(await TorMember.start({ tor: programs.tor, folder: path, emptyFile, lines }))
      }
      await network.#isUp(dirPort, AbortSignal.any([AbortSignal.timeout(UP_MS), ...(signal === undefined ? [] : [signal])]))
      return network
    } catch (error) {
      await network[Symbol.asyncDispose]()
      throw error
    }
  }

  /** An early consensus lists only some relays, and whoever joins then has to wait for the next one. */
  async #isUp(dirPort: number, signal: AbortSignal): Promise<void> {
    while (!(await listsAllRelays(dirPort, RELAYS + 1))) await this.#wait(signal)
    while (!(await Promise.all(this.#members.map((member) => member.log()))).every((log) => log.includes("Bootstrapped 100%")))
      await this.#wait(signal)
  }

  async #wait(signal: AbortSignal): Promise<void> {
    if (this.#members.some((member) => member.hasEnded)) throw new Error("a tor of the private network ended")
    await delay(POLL_MS, undefined, { signal })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#members.map((member) => member[Symbol.asyncDispose]()))
    await rm(this.#folder, { recursive: true, force: true })
  }
}

async function listsAllRelays(dirPort: number, count: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${dirPort}/tor/status-vote/current/consensus`, { signal: AbortSignal.timeout(2_000) })
    const flags = (await response.text()).match(/^s .*$/gmu) ?? []
    return flags.filter((line) => /\bHSDir\b/u.test(line) && /\bRunning\b/u.test(line)).length >= count
  } catch {
    // Nobody listens yet, or there was no vote.
    return false
  }
}
