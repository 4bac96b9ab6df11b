import { randomBytes } from "node:crypto"
import { resolve } from "node:path"
import { CardError, type DoorPlace, type Node, openNode, Refusal, VaultError } from "@tessera/node"
import { AlreadyRunningError, openFileStorage, systemClock, systemRandom, tcpNetwork } from "@tessera/node/adapters"
import { StorageError } from "@tessera/mosaic-server"
import { CommandError, type Invocation, textOption } from "./command.ts"
import { defaultDataFolder } from "./data-folder.ts"
import { VERSION } from "./version.ts"

/** The folder of a person's data: `--data`, or the operating system's place for it. */
export function dataFolderOf(invocation: Invocation): string {
  return resolve(textOption(invocation, "data") ?? defaultDataFolder())
}

/** A node on a folder of this machine, with this machine's clock, network and randomness. */
export async function openPersonNode(folder: string, door?: DoorPlace): Promise<Node> {
  const storage = openFileStorage(folder, { clock: systemClock })
  const ports = { clock: systemClock, random: systemRandom, network: tcpNetwork, storage }
  return await saidPlainly(() => openNode({ ports, version: VERSION, ...(door === undefined ? {} : { door }) }))
}

/** The secret of one start, for the page's address. */
export function newToken(): string {
  return randomBytes(24).toString("base64url")
}

/** Turns what a node may decline or a disk may refuse into a sentence on the terminal. */
export async function saidPlainly<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (error instanceof AlreadyRunningError) throw new CommandError("alreadyRunning", error.message, { cause: error })
    if (error instanceof Refusal) throw new CommandError(error.code, error.message, { cause: error })
    if (error instanceof CardError) throw new CommandError("badCard", error.message, { cause: error })
    if (error instanceof StorageError || error instanceof VaultError) throw new CommandError("storage", error.message, { cause: error })
    throw error
  }
}
