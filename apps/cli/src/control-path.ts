import { createHash } from "node:crypto"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** The longest path of a socket that every system takes, in bytes. */
const SOCKET_PATH_LIMIT = 100

/** Where the command line reaches what runs on a folder: a person's node (`control`), or a server for others (`host`). */
export function controlPathOf(folder: string, what: "control" | "host" = "control"): string {
  const hash = createHash("sha256").update(folder).digest("hex").slice(0, 32)
  const name = what === "control" ? `tessera-${hash}` : `tessera-host-${hash}`
  if (process.platform === "win32") return `\\\\.\\pipe\\${name}`
  const path = join(folder, `${what}.sock`)
  return Buffer.byteLength(path) <= SOCKET_PATH_LIMIT ? path : join(process.env["XDG_RUNTIME_DIR"] ?? tmpdir(), `${name}.sock`)
}
