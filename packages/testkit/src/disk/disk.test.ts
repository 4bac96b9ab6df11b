import { expect, test } from "vitest"
import { seedsToRun } from "../simulation/seed.ts"
import { Simulation } from "../simulation/simulation.ts"
import type { SimulatedDisk } from "./disk.ts"
import { DiskFullError } from "./errors.ts"

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (found: Uint8Array | undefined): string | undefined => found && new TextDecoder().decode(found)

/** What files hold after a loss of power, under many seeds. */
async function after(write: (disk: SimulatedDisk) => Promise<void>, name: string): Promise<Set<string | undefined>> {
  const found = new Set<string | undefined>()
  for (const seed of seedsToRun(60, undefined)) {
    await new Simulation(seed).run(async (simulation) => {
      const ada = simulation.machine("ada")
      await write(ada.disk)
      ada.crash()
      ada.start()
      found.add(text(await ada.disk.read(name)))
    })
  }
  return found
}

test("keeps what was made durable, and of what was added since any beginning", async () => {
  const found = await after(async (disk) => {
    await disk.append("log", bytes("safe "))
    await disk.sync("log")
    await disk.syncDirectory()
    await disk.append("log", bytes("not"))
  }, "log")
  expect(found).toEqual(new Set(["safe ", "safe n", "safe no", "safe not"]))
})

test("keeps a new name only when the directory was made durable, and no content that was not", async () => {
  const found = await after(async (disk) => {
    await disk.write("vault", bytes("old"))
    await disk.sync("vault")
    await disk.syncDirectory()
    await disk.write("new", bytes("ne"))
    await disk.rename("new", "vault")
  }, "vault")
  expect(found).toEqual(new Set(["old", "", "n", "ne"]))
})

test("keeps everything when only the program dies", async () => {
  await new Simulation(1n).run(async (simulation) => {
    const ada = simulation.machine("ada")
    await ada.disk.write("file", bytes("kept"))
    ada.crash("process")
    ada.start()
    expect(text(await ada.disk.read("file"))).toBe("kept")
  })
})

test("refuses what does not fit, and takes it once there is room", async () => {
  await new Simulation(1n).run(async (simulation) => {
    const { disk } = simulation.machine("ada")
    await disk.append("log", bytes("12345"))
    disk.capacity = 8
    await expect(disk.append("log", bytes("67890"))).rejects.toThrow(DiskFullError)
    expect("1234567890".startsWith(text(await disk.read("log")) ?? "nothing")).toBe(true)
    await disk.truncate("log", 5)
    disk.capacity = 10
    await disk.append("log", bytes("67890"))
    expect(text(await disk.read("log"))).toBe("1234567890")
  })
})

test("has its machine crash at the step that was asked for, before or after it", async () => {
  for (const when of ["before", "after"] as const) {
    await new Simulation(1n).run(async (simulation) => {
      const ada = simulation.machine("ada")
      await ada.disk.append("log", bytes("a"))
      await ada.disk.sync("log")
      await ada.disk.syncDirectory()
      ada.disk.crashAtStep(2, when)
      const work = ada.do(async () => {
        await ada.disk.append("log", bytes("b"))
        await ada.disk.sync("log")
        return "acknowledged"
      })
      await expect(work).rejects.toThrow("ada crashed")
      ada.start()
      const found = text(await ada.disk.read("log"))
      expect(when === "after" ? ["ab"] : ["a", "ab"]).toContain(found)
    })
  }
})
