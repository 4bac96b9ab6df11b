import { homedir } from "node:os"
import { join } from "node:path"

/** Where a node keeps its data when nobody says otherwise: the operating system's place for it. */
export function defaultDataFolder(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
  home = homedir(),
): string {
  if (platform === "win32") return join(environment["APPDATA"] ?? join(home, "AppData", "Roaming"), "Tessera")
  if (platform === "darwin") return join(home, "Library", "Application Support", "Tessera")
  return join(environment["XDG_DATA_HOME"] ?? join(home, ".local", "share"), "tessera")
}
