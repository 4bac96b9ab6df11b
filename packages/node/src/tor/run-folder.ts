import { randomBytes } from "node:crypto"
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

const PREFIX = "run-"
/** Unix sockets have short paths: 104 bytes with the final zero on the strictest systems, and we add a name of up to 12. */
const SHORT = 88
/** Neither tor's options nor its commands take every character. */
const PLAIN = /^[\x21\x23-\x5b\x5d-\x7e]+$/u

/**
 * A folder for the sockets of one run of tor, for this user alone: inside `folder` where the path is short and plain enough, else among the temporary
 * ones. Each run has a new one, so that nobody takes what an earlier run left behind for its own.
 */
export async function makeRunFolder(folder: string): Promise<string> {
  const inside = join(folder, `${PREFIX}${randomBytes(4).toString("hex")}`)
  if (!isPlainPath(inside)) return await mkdtemp(join(tmpdir(), "tessera-tor-"))
  await mkdir(inside, { mode: 0o700 })
  return inside
}

/** Removes what earlier runs left behind that were killed. */
export async function removeOldRuns(folder: string): Promise<void> {
  const old = (await readdir(folder)).filter((name) => name.startsWith(PREFIX))
  await Promise.all(old.map((name) => rm(join(folder, name), { recursive: true, force: true })))
}

/** Whether sockets of a folder with this path can be named to tor. */
const isPlainPath = (path: string): boolean => Buffer.byteLength(path) <= SHORT && PLAIN.test(path)

/** Whether a socket with this path can be named to tor as the target of a service. */
export const isSocketPath = (path: string): boolean => Buffer.byteLength(path) <= SHORT + 12 && PLAIN.test(path)
