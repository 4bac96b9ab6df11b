import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { TorNetwork, findTorPrograms } from "@tessera/testkit/tor"
import { inject } from "vitest"
import type { TestProject } from "vitest/node"

declare module "vitest" {
  interface ProvidedContext {
    /** Where it is written that the private Tor network is up; `undefined` on a machine without tor. */
    readonly torNetworkFile: string | undefined
  }
}

/** Starts one private Tor network for the whole run. Nothing waits for it here: other tests run meanwhile. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const programs = findTorPrograms()
  project.provide("torNetworkFile", undefined)
  if (programs === undefined) return async () => {}
  const folder = await mkdtemp(join(tmpdir(), "tessera-tor-tests-"))
  const file = join(folder, "network.json")
  const write = async (up: NetworkFile): Promise<void> => {
    await writeFile(`${file}.new`, JSON.stringify(up))
    await rename(`${file}.new`, file)
  }
  const stop = new AbortController()
  const starting = TorNetwork.start({ programs, signal: stop.signal }).then(
    async (network) => {
      await write({ clientLines: network.clientLines })
      return network
    },
    async (error: unknown) => {
      await write({ failed: String(error) })
      return undefined
    },
  )
  project.provide("torNetworkFile", file)
  return async () => {
    stop.abort()
    const network = await starting
    await network?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  }
}

type NetworkFile = { readonly clientLines: readonly string[] } | { readonly failed: string }

/** Whether this machine can run a private Tor network: without tor, its tests are skipped. */
export const hasTor = (): boolean => inject("torNetworkFile") !== undefined

/** The lines with which a tor joins the network of this run; waits until it is up. */
export async function torNetwork(): Promise<readonly string[]> {
  const file = inject("torNetworkFile")
  if (file === undefined) throw new Error("this machine has no tor")
  for (;;) {
    const text = await readFile(file, "utf8").catch(() => undefined)
    if (text === undefined) {
      await delay(100)
      continue
    }
    const up = JSON.parse(text) as NetworkFile
    if ("failed" in up) throw new Error(`The private Tor network did not come up: ${up.failed}`)
    return up.clientLines
  }
}
