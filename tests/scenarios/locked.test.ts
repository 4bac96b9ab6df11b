import { parseSecretKey } from "@tessera/mosaic"
import { Persona, scenario } from "@tessera/testkit"
import { expect } from "vitest"

scenario(
  "a locked node shows nothing, refuses wrong passphrases at constant pace, and catches up when it is unlocked",
  async (simulation) => {
    const ada = await new Persona(simulation, "ada").arrives()
    const bo = await new Persona(simulation, "bo").arrives()
    await bo.follows(ada)
    await ada.follows(bo)
    await bo.locks()
    await expect(bo.reads()).rejects.toMatchObject({ code: "wrongStage" })
    await ada.writes("while bo is locked")
    await simulation.wait(simulation.random.exponential(3_600_000))
    const takes = new Set<number>()
    for (const wrong of ["", "b", "Bø", bo.passphrase.repeat(100), "🐝"]) {
      const begun = simulation.time.now
      await expect(bo.unlocks(wrong)).rejects.toMatchObject({ code: "wrongPassphrase" })
      takes.add(Math.round(simulation.time.now - begun))
    }
    expect(takes).toEqual(new Set([1_000]))
    await bo.unlocks(bo.passphrase)
    await bo.sees("while bo is locked", { once: true })
    await bo.writes("unlocked")
    await ada.sees("unlocked", { once: true })
  },
)

scenario("a new name and new words about somebody reach those who read them, at once and after being away", async (simulation) => {
  const ada = await new Persona(simulation, "ada").arrives()
  const bo = await new Persona(simulation, "bo").arrives()
  await bo.follows(ada)
  await ada.writes("who am I?")
  await bo.sees("who am I?")
  await ada.presentsThemselvesAs("Countess of Lovelace", "Weaves algebra.")
  await simulation.wait(2_000)
  expect(await bo.sees("who am I?")).toMatchObject({ author: { label: "Countess of Lovelace" } })
  expect(bo.node.person().people.list()).toMatchObject([{ label: "Countess of Lovelace", about: "Weaves algebra." }])
  bo.crashes("power")
  await ada.presentsThemselvesAs("עדה", "")
  await bo.comesBack()
  await simulation.wait(60_000)
  expect(bo.node.person().people.list()).toMatchObject([{ label: "עדה", about: "" }])
  expect((await ada.looksAt(bo)).displayName).toBe("Bo 🐝")
  expect((await bo.looksAt(ada)).displayName).toBe("עדה")
})

scenario("a port that another program holds when a node comes back is waited for, and the card stays the same", async (simulation) => {
  const ada = await new Persona(simulation, "ada").arrives()
  const bo = await new Persona(simulation, "bo").arrives()
  await bo.follows(ada)
  const { card } = ada
  const port = ada.node.person().me().connections.listening?.port ?? 0
  ada.crashes("process")
  ada.machine.start()
  const other = await simulation.network.listen(ada.machine, { ...OTHER_PROGRAM, port })
  await ada.comesBack()
  expect(ada.node.person().me().connections).toMatchObject({ trouble: expect.stringContaining(String(port)) as unknown })
  await ada.writes("behind a closed door")
  await simulation.wait(60_000)
  expect(await bo.reads()).toEqual([])
  await other.close()
  await bo.sees("behind a closed door", { once: true })
  expect(ada.card).toBe(card)
  expect(ada.node.person().me().connections.trouble).toBeUndefined()
})

const OTHER_PROGRAM = {
  server: { serve: () => Promise.resolve() },
  secretKey: parseSecretKey(new Uint8Array(32).fill(7)),
  host: "::",
  signal: new AbortController().signal,
}
