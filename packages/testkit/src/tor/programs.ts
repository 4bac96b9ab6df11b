import { existsSync } from "node:fs"
import { delimiter, dirname, join } from "node:path"

/** What a private network is made with: a tor that can be an authority, and the program that makes an authority's keys. */
export interface TorPrograms {
  readonly tor: string
  readonly gencert: string
}

/** The programs of this machine (Debian's package `tor` has both); `TOR_PATH` names another tor. `undefined` when there is none. */
export function findTorPrograms(env: NodeJS.ProcessEnv = process.env): TorPrograms | undefined {
  const folders = ["/usr/sbin", "/usr/bin", "/usr/local/bin", ...(env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "")]
  const find = (name: string): string | undefined => folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
  const tor = env["TOR_PATH"] ?? find("tor")
  if (tor === undefined || !existsSync(tor)) return undefined
  const beside = join(dirname(tor), "tor-gencert")
  const gencert = existsSync(beside) ? beside : find("tor-gencert")
  return gencert === undefined ? undefined : { tor, gencert }
}
