import { timestampFromUnixMillis } from "@tessera/mosaic"
import { AlreadyRunningError, type Clock, type KdfCost, type Ports, type Storage } from "@tessera/node"
import { openFileStorage } from "@tessera/node/adapters"
import Database from "better-sqlite3-multiple-ciphers"
import { fileSystemOf } from "../disk/file-system.ts"
import { openSimulatedStore } from "../disk/record-store.ts"
import type { SimulatedNetwork } from "../network/network.ts"
import type { Incarnation } from "./incarnation.ts"
import type { Machine } from "./machine.ts"

/** The cheapest that the key derivations take: what they cost is tested elsewhere. */
export const CHEAP_KDF: KdfCost = { memoryKiB: 8, passes: 1, lanes: 1, sheetLogN: 4 }

const FOLDER = "/data"
const RECORDS = "records.log"

/** What a node on a simulated machine takes from outside, for the machine's present life. */
export function portsOf(machine: Machine, network: SimulatedNetwork): Ports {
  const life = machine.incarnation
  return {
    clock: clockOf(life),
    random: (length) => life.random.bytes(length),
    network: {
      listen: (options) => network.listen(machine, options),
      dial: (options) => network.dial(machine, options),
      localAddresses: () => machine.addresses,
    },
    storage: storageOf(machine),
    kdf: CHEAP_KDF,
  }
}

function clockOf(life: Incarnation): Clock {
  return {
    unixMillis: () => life.unixMillis(),
    sleep: (milliseconds, signal) =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted()
        const abort = (): void => {
          timer.cancel()
          reject(signal.reason as Error)
        }
        const timer = life.schedule(milliseconds, () => {
          signal.removeEventListener("abort", abort)
          resolve()
        })
        signal.addEventListener("abort", abort, { once: true })
      }),
  }
}

const held = new WeakMap<Machine, Incarnation>()

function storageOf(machine: Machine): Storage {
  const { disk, incarnation: life } = machine
  // The vault is written by the same code as on a real disk.
  const files = openFileStorage(FOLDER, { clock: clockOf(life), files: fileSystemOf(disk) })
  return {
    readVault: () => files.readVault(),
    writeVault: (bytes) => files.writeVault(bytes),
    openRecords: () => openSimulatedStore({ disk, file: RECORDS, now: () => timestampFromUnixMillis(life.unixMillis()) }),
    // It may be lost in a crash: it can be rebuilt from the records.
    openIndex: () => new Database(":memory:"),
    async lock() {
      if (held.get(machine)?.alive === true) throw new AlreadyRunningError("the simulated folder")
      held.set(machine, life)
      return { [Symbol.asyncDispose]: async () => void held.delete(machine) }
    },
  }
}
