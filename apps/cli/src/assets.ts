import { readFile } from "node:fs/promises"
import type { Asset } from "@tessera/node"
import { CommandError } from "./command.ts"

const TYPES: Readonly<Record<string, string>> = {
  "index.html": "text/html; charset=utf-8",
  "app.js": "text/javascript; charset=utf-8",
  "app.css": "text/css; charset=utf-8",
  "icon.svg": "image/svg+xml",
}

/**
 * The built interface, by the name of each file.
 * @throws CommandError when it was not built.
 */
export async function loadAssets(): Promise<ReadonlyMap<string, Asset>> {
  const assets = new Map<string, Asset>()
  for (const [name, type] of Object.entries(TYPES)) {
    try {
      assets.set(name, { bytes: await readFile(new URL(`../../web/dist/${name}`, import.meta.url)), type })
    } catch (error) {
      throw new CommandError("notBuilt", "the interface was not built. Run `npm run build` once.", { cause: error })
    }
  }
  return assets
}
