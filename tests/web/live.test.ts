import { afterAll, afterEach, beforeAll, expect, test } from "vitest"
import { openTheatre } from "./theatre.ts"
import type { Scene, Theatre } from "./theatre.ts"

let theatre: Theatre
let scene: Scene
beforeAll(async () => {
  theatre = await openTheatre()
})
afterAll(() => theatre[Symbol.asyncDispose]())
afterEach(async () => {
  expect(scene.faults).toEqual([])
  await scene[Symbol.asyncDispose]()
})

test("a note appears at the top by itself, quickly", async () => {
  scene = await theatre.open()
  const { page, node } = scene
  await page.getByText("The kiln is open").waitFor()
  // From the piece of the stream to the next frame, measured inside the page.
  await page.evaluate(() => {
    const list = document.querySelector(".wall")
    Object.assign(globalThis, {
      seen: new Promise((resolve) =>
        new MutationObserver(() => requestAnimationFrame(() => resolve(performance.now()))).observe(list as Node, { childList: true }),
      ),
    })
  })
  node.write("mira", { text: "Fresh from the stream" })
  await page.evaluate(() => (globalThis as unknown as { seen: Promise<number> }).seen)
  const first = page.getByRole("region", { name: "Timeline" }).getByRole("article").first()
  expect(await first.textContent()).toContain("Fresh from the stream")
  expect(await page.getByRole("button", { name: "New notes" }).count()).toBe(0)
  expect(await page.evaluate(() => scrollY)).toBe(0)
})

test("what is being read stays where it is; a pill leads to what is new", async () => {
  scene = await theatre.open()
  const { page, node } = scene
  const read = page.getByText("My meadow, seen from the bridge")
  await read.evaluate((element) => scrollBy(0, element.getBoundingClientRect().top - 300))
  const before = await read.boundingBox()
  node.write("mira", { text: `Something long\n${"and longer\n".repeat(8)}` })
  node.write("anna", { text: "Something short" })
  await page.getByRole("button", { name: "New notes" }).waitFor()
  await expect.poll(() => page.getByRole("button", { name: "New notes" }).textContent()).toBe("New notes2")
  // Scrolling rounds to whole pixels.
  expect(Math.abs(((await read.boundingBox())?.y ?? NaN) - (before?.y ?? NaN))).toBeLessThan(1)

  // An own note that was changed elsewhere is nothing new.
  node.edit("moref0n16", "Still quiet.")
  await page.getByText("Still quiet.").waitFor({ state: "attached" })
  expect(await page.getByRole("button", { name: "New notes" }).textContent()).toBe("New notes2")

  await page.getByRole("button", { name: "New notes" }).click()
  await expect.poll(() => page.evaluate(() => scrollY)).toBe(0)
  await page.getByRole("button", { name: "New notes" }).waitFor({ state: "detached" })
})

test("an answer that is being typed does not move when notes arrive above it", async () => {
  scene = await theatre.open()
  const { page, node } = scene
  await page.getByRole("article").nth(1).getByRole("button", { name: "Reply" }).click()
  const box = page.getByRole("textbox", { name: "Write an answer" })
  await box.fill("While I type")
  const before = await box.boundingBox()
  node.write("mira", { text: "Above it" })
  await page.getByText("Above it").waitFor({ state: "attached" })
  await expect.poll(async () => Math.abs(((await box.boundingBox())?.y ?? NaN) - (before?.y ?? NaN))).toBeLessThan(1)
  expect(await box.inputValue()).toBe("While I type")
})

test("after a gap everything is there, once; while the node is silent the page says so", async () => {
  scene = await theatre.open()
  const { page, node, dev } = scene
  await page.getByText("The kiln is open").waitFor()
  dev.silent = true
  dev.breakStreams()
  await page.getByText("Tessera does not answer on this device").waitFor()
  node.write("mira", { text: "Written in the gap" })
  dev.silent = false
  await page.getByText("Written in the gap").waitFor()
  await page.getByText("Tessera does not answer on this device").waitFor({ state: "detached" })
  expect(await page.getByText("Written in the gap").count()).toBe(1)
  node.write("mira", { text: "Live again" })
  await page.getByText("Live again").waitFor()
  expect(await page.getByText("The kiln is open").count()).toBe(1)
})

test("a lock from elsewhere closes the page and forgets what it showed", async () => {
  scene = await theatre.open()
  const { page, node } = scene
  await page.getByRole("textbox", { name: "Write a note" }).fill("half a thought")
  await page.getByRole("button", { name: "My card" }).click()
  node.stage = "locked"
  node.emit({ type: "state", state: { stage: "locked", version: "0.1.0" } })
  await page.getByRole("button", { name: "Unlock" }).waitFor()
  expect(await page.getByRole("dialog").count()).toBe(0)
  expect(await page.evaluate(() => document.documentElement.outerHTML)).not.toContain("kiln")
  await page.getByRole("textbox", { name: "Passphrase" }).fill(node.passphrase)
  await page.getByRole("button", { name: "Unlock" }).click()
  await page.getByText("The kiln is open").waitFor()
  expect(await page.getByRole("textbox", { name: "Write a note" }).inputValue()).toBe("")
})

test("trouble that the node reports is shown, and goes", async () => {
  scene = await theatre.open()
  const { page, node } = scene
  await page.getByText("The kiln is open").waitFor()
  node.emit({ type: "trouble", message: "The disk of this device is full." })
  await page.getByText("The disk of this device is full.").waitFor()
  node.emit({ type: "me", me: node.me() })
  await page.getByText("The disk of this device is full.").waitFor({ state: "detached" })
})
