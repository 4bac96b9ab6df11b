import { readFile } from "node:fs/promises"
import { CommandError } from "./command.ts"

export interface Asset {
  readonly bytes: Uint8Array
  readonly type: string
}

const FILES: Readonly<Record<string, { readonly file: string; readonly type: string }>> = {
  "/": { file: "index.html", type: "text/html; charset=utf-8" },
  "/app.js": { file: "app.js", type: "text/javascript; charset=utf-8" },
  "/app.css": { file: "app.css", type: "text/css; charset=utf-8" },
  "/icon.svg": { file: "icon.svg", type: "image/svg+xml" },
}

/**
 * The built interface, by the path at which it is served.
 * @throws CommandError when it was not built.
 */
export async function loadAssets(): Promise<ReadonlyMap<string, Asset>> {
  const assets = new Map<string, Asset>()
  for (const [path, { file, type }] of Object.entries(FILES)) {
    try {
      assets.set(path, { bytes: await readFile(new URL(`../../web/dist/${file}`, import.meta.url)), type })
    } catch (error) {
      throw new CommandError("notBuilt", "the interface was not built. Run `npm run build` once.", { cause: error })
    }
  }
  return assets
}
