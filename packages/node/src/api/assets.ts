/** A file of the interface as it is served. */
export interface Asset {
  readonly bytes: Uint8Array
  /** Media type, with the character set for texts. */
  readonly type: string
}

/** The interface's files by path: `index.html`, `app.js`, … A leading slash makes no difference. */
export type Assets = ReadonlyMap<string, Asset>

/** The file for a path of a request; `/` is `index.html`. */
export function findAsset(assets: Assets, path: string): Asset | undefined {
  const name = path === "/" ? "index.html" : path.slice(1)
  return assets.get(name) ?? assets.get(`/${name}`)
}
