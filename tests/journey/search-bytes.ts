import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"

/** The files under a folder in whose bytes one of the markers stands, as UTF-8 or UTF-16; files that vanish meanwhile are passed over. */
export async function filesWith(folder: string, markers: readonly string[]): Promise<readonly string[]> {
  const needles = markers.flatMap((marker) => [Buffer.from(marker, "utf8"), Buffer.from(marker, "utf16le")])
  const found: string[] = []
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const bytes = await readFile(path).catch(() => undefined)
    if (bytes !== undefined && needles.some((needle) => bytes.includes(needle))) found.push(path)
  }
  return found
}
