import {
  type Bootstrap,
  type BootstrapDht,
  type BootstrapPutOutcome,
  type SignedBootstrap,
  BootstrapKeeper,
  compareBootstraps,
  parseMosaicUrl,
  parseSecretKey,
  signBootstrap,
} from "@tessera/mosaic"
import { expect, test } from "vitest"
import { openBootstrapFile } from "./bootstrap-file.ts"
import { PowerLoss, SimulatedDisk } from "./simulated-disk.ts"

const me = parseSecretKey(new Uint8Array(32).fill(1))
const at = (host: string): Bootstrap => ({ type: "server", urls: [parseMosaicUrl(`mosaictcp://${host}`)] })
const [home, away] = [at("203.0.113.1"), at("203.0.113.2")] as const
const signed = (seed: number, sequence = 1n) => signBootstrap(home, parseSecretKey(new Uint8Array(32).fill(seed)), sequence)

/** Forgets at once whatever is put, and remembers that it was: only the disk can keep numbers apart. */
class ForgetfulDht implements BootstrapDht {
  readonly puts: SignedBootstrap[] = []
  lookup = () => Promise.resolve(undefined)

  async put(item: SignedBootstrap): Promise<BootstrapPutOutcome> {
    this.puts.push(item)
    return { ok: true, nodes: 8 }
  }
}

const keeperOn = (disk: SimulatedDisk, dht: BootstrapDht) =>
  BootstrapKeeper.open({ dht, shelf: openBootstrapFile("/data", disk), sleep: () => Promise.reject(new Error("not run")) })

test("what is saved is there again, the newest of each key and selector, and what is removed is not", async () => {
  const disk = new SimulatedDisk()
  const file = openBootstrapFile("/data", disk)
  expect(await file.load()).toEqual([])
  await Promise.all([file.save(signed(1)), file.save(signed(2)), file.save(signed(1, 2n)), file.save(signed(3))])
  await file.remove("server", signed(3).key)
  expect(await openBootstrapFile("/data", disk).load()).toEqual([signed(1, 2n), signed(2)])
})

test("a file that was damaged gives what still holds", async () => {
  const disk = new SimulatedDisk()
  const file = openBootstrapFile("/data", disk)
  for (const seed of [1, 2, 3]) await file.save(signed(seed))
  const bytes = (await disk.read("/data/bootstraps", 10_000)) ?? new Uint8Array(0)
  const length = bytes.length / 3
  const damaged = bytes.slice()
  damaged[length + 60] = (damaged[length + 60] ?? 0) ^ 1
  await disk.write("/data/bootstraps", damaged)
  expect(await openBootstrapFile("/data", disk).load()).toEqual([signed(1), signed(3)])
  await disk.write("/data/bootstraps", bytes.slice(0, 2 * length + 9))
  expect(await openBootstrapFile("/data", disk).load()).toEqual([signed(1), signed(2)])
  await disk.write("/data/bootstraps", new Uint8Array(5_000).fill(0xff))
  expect(await openBootstrapFile("/data", disk).load()).toEqual([])
})

test("a disk that fails is told, and what was there stays", async () => {
  const disk = new SimulatedDisk()
  const file = openBootstrapFile("/data", disk)
  await file.save(signed(1))
  disk.failure = Object.assign(new Error("full"), { code: "ENOSPC" })
  await expect(file.save(signed(2))).rejects.toMatchObject({ name: "StorageError" })
  disk.failure = undefined
  await file.save(signed(3))
  expect(await file.load()).toEqual([signed(1), signed(3)])
})

test("wherever the power goes, no number is ever put with two texts, and none that is older", async () => {
  let losses = 0
  for (let step = 0; step < 12; step += 1) {
    const dht = new ForgetfulDht()
    const disk = new SimulatedDisk()
    await (await keeperOn(disk, dht)).publish(home, me)
    disk.powerLossAt = disk.steps + step
    const keeper = await keeperOn(disk, dht)
    try {
      for (const bootstrap of [away, home, away]) await keeper.publish(bootstrap, me)
    } catch (error) {
      if (!(error instanceof PowerLoss)) throw error
      losses += 1
    }
    for (const survivor of disk.afterPowerLoss()) {
      const again = new ForgetfulDht()
      const restarted = await keeperOn(survivor, again)
      await restarted.publish(at(`203.0.113.${10 + step}`), me)
      const [last] = again.puts
      expect(last).toBeDefined()
      for (const put of dht.puts) expect(last === undefined ? "" : compareBootstraps(last, put), `step ${step}`).toBe("newer")
    }
    expect(new Set(dht.puts.map(({ sequence }) => sequence)).size).toBe(dht.puts.length)
  }
  expect(losses).toBe(12)
})
