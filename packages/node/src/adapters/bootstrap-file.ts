import { join } from "node:path"
import {
  type BootstrapSelector,
  type BootstrapShelf,
  type PublicKey,
  type SignedBootstrap,
  DecodeError,
  FrameError,
  FrameReader,
  VerifyError,
  concatBytes,
  encodeMessage,
  isBlobPiece,
  parseMessage,
  toHex,
  verifyBootstrap,
} from "@tessera/mosaic"
import { writeAtomically } from "./atomic-write.ts"
import { diskFaultsClassed } from "./disk-fault.ts"
import { type FileSystem, diskFileSystem } from "./file-system.ts"

const FILE_NAME = "bootstraps"
/** Some ten thousand bootstraps of full length. */
const FILE_LIMIT = 12 * 1024 * 1024

/**
 * The bootstraps that are kept in the DHT, in a file `bootstraps` of the folder: one DHT Put message after the other. The whole file is written for
 * each change, in place of the old one: they are few, and change seldom.
 *
 * Failures of the disk are thrown as `StorageError`.
 */
export function openBootstrapFile(folder: string, files: FileSystem = diskFileSystem): BootstrapShelf {
  return new BootstrapFile(folder, files)
}

class BootstrapFile implements BootstrapShelf {
  readonly #folder: string
  readonly #files: FileSystem
  #items: ReadonlyMap<string, SignedBootstrap> = new Map()
  /** What is written is written in order. */
  #tail: Promise<unknown> = Promise.resolve()

  constructor(folder: string, files: FileSystem) {
    this.#folder = folder
    this.#files = files
  }

  async load(): Promise<readonly SignedBootstrap[]> {
    const path = join(this.#folder, FILE_NAME)
    const bytes = await diskFaultsClassed(`The file ${path}`, () => this.#files.read(path, FILE_LIMIT))
    this.#items = new Map(readItems(bytes ?? new Uint8Array(0)).map((signed) => [nameOf(signed.selector, signed.key), signed]))
    return [...this.#items.values()]
  }

  save(signed: SignedBootstrap): Promise<void> {
    return this.#change((items) => items.set(nameOf(signed.selector, signed.key), signed))
  }

  remove(selector: BootstrapSelector, key: PublicKey): Promise<void> {
    return this.#change((items) => items.delete(nameOf(selector, key)))
  }

  #change(change: (items: Map<string, SignedBootstrap>) => unknown): Promise<void> {
    const write = async (): Promise<void> => {
      const items = new Map(this.#items)
      change(items)
      const bytes = concatBytes(...[...items.values()].map((signed) => encodeMessage({ type: "dhtPut", ...signed })))
      await diskFaultsClassed(`The file ${join(this.#folder, FILE_NAME)}`, () =>
        writeAtomically(this.#files, this.#folder, FILE_NAME, bytes),
      )
      this.#items = items
    }
    const written = this.#tail.then(write, write)
    this.#tail = written
    return written
  }
}

/** What cannot be read ends it; what does not hold is left out. */
function readItems(bytes: Uint8Array): SignedBootstrap[] {
  const items: SignedBootstrap[] = []
  for (const frame of readFrames(bytes)) {
    try {
      const message = parseMessage(frame)
      if (message.type === "dhtPut") items.push(verifyBootstrap(message))
    } catch (error) {
      if (!(error instanceof DecodeError || error instanceof VerifyError)) throw error
    }
  }
  return items
}

function readFrames(bytes: Uint8Array): Uint8Array[] {
  const reader = new FrameReader()
  try {
    return reader.push(bytes).flatMap((frame) => (isBlobPiece(frame) ? [] : [frame.bytes]))
  } catch (error) {
    if (error instanceof FrameError) return error.frames.flatMap((frame) => (isBlobPiece(frame) ? [] : [frame.bytes]))
    throw error
  }
}

const nameOf = (selector: BootstrapSelector, key: PublicKey): string => `${selector} ${toHex(key)}`
