import { hkdfSync } from "node:crypto"
import { join } from "node:path"
import type { SecretKey } from "@tessera/mosaic"
import type { BlobStore } from "@tessera/mosaic-server"
import { openFileBlobs } from "@tessera/mosaic-server/blob-files"

const FOLDER = "blobs"

/** Opens the blobs of the server in `folder`, sealed under a key that is made of the server's own. @throws {StorageError} */
export function openBlobs(folder: string, serverKey: SecretKey, budget: number): Promise<BlobStore> {
  const key = new Uint8Array(hkdfSync("sha256", serverKey, new Uint8Array(0), "tessera serve: blobs", 32))
  return openFileBlobs({ folder: join(folder, FOLDER), key, budget })
}
