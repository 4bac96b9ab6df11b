import type { openFileStorage } from "@tessera/node/adapters"
import type { SimulatedDisk } from "./disk.ts"

type FileSystem = NonNullable<Parameters<typeof openFileStorage>[1]["files"]>

/** A simulated disk for the code that writes to real ones. Folders are there without being made. */
export function fileSystemOf(disk: SimulatedDisk): FileSystem {
  return {
    async read(path, limit) {
      const bytes = await disk.read(path)
      if (bytes !== undefined && bytes.length > limit) throw new RangeError(`${path} is longer than ${limit} bytes`)
      return bytes
    },
    write: (path, bytes) => disk.write(path, bytes),
    syncFile: (path) => disk.sync(path),
    rename: (from, to) => disk.rename(from, to),
    syncFolder: () => disk.syncDirectory(),
    remove: (path) => disk.remove(path),
  }
}
