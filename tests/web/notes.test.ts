import { afterAll, afterEach, beforeAll, expect, test } from "vitest"
import { MemoryNode } from "../../apps/web/dev/memory-node.ts"
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

test("a note of 5,000 characters is posted by keyboard; one more is refused and kept", async () => {
  scene = await theatre.open()
  const { page } = scene
  const box = page.getByRole("textbox", { name: "Write a note" })
  await box.fill("🌊".repeat(4_400))
  expect(await page.getByText("characters left").count()).toBe(0)
  await box.fill("🌊".repeat(5_001))
  await page.getByText("1 character too many").waitFor()
  await page.getByRole("button", { name: "Post" }).click()
  await expect.poll(() => page.getByRole("alert").textContent()).toContain("1 character too long")
  expect(await box.inputValue()).toBe("🌊".repeat(5_001))
  await box.fill(`${"🌊".repeat(4_995)}waves`)
  await page.getByText("0 characters left").waitFor()
  await page.keyboard.press("Control+Enter")
  await expect.poll(() => box.inputValue()).toBe("")
  const note = page.getByRole("region", { name: "Timeline" }).getByRole("article").first()
  expect(await note.textContent()).toContain("🌊waves")
  await note.getByRole("button", { name: "Read all of it" }).click()
  expect(await page.getByRole("alert").count()).toBe(0)
})

test("a note that the node does not take stays in the box, and the page says why", async () => {
  scene = await theatre.open()
  const { page, dev } = scene
  const box = page.getByRole("textbox", { name: "Write a note" })
  await page.getByRole("button", { name: "Post" }).click()
  await expect.poll(() => page.getByRole("alert").textContent()).toContain("nothing written")
  await box.fill("Is anybody there?")
  dev.silent = true
  await page.getByRole("button", { name: "Post" }).click()
  await expect.poll(() => page.getByRole("alert").textContent()).toContain("does not answer")
  expect(await box.inputValue()).toBe("Is anybody there?")
  dev.silent = false
  await page.getByRole("button", { name: "Post" }).click()
  await page.getByRole("region", { name: "Timeline" }).getByText("Is anybody there?").waitFor()
})

test("answers: inline, kept while one looks elsewhere, and in the conversation", async () => {
  scene = await theatre.open()
  const { page } = scene
  const asked = page.getByRole("article").filter({ hasText: "timetable of the night train" })
  await asked.getByRole("button", { name: "Reply" }).click()
  await page.getByRole("textbox", { name: "Write an answer" }).fill("I have")
  await page.getByRole("link", { name: "People", exact: true }).click()
  await page.getByRole("link", { name: "Home", exact: true }).click()
  await asked.getByRole("button", { name: "Reply" }).click()
  const box = page.getByRole("textbox", { name: "Write an answer" })
  expect(await box.inputValue()).toBe("I have")
  await box.fill("I have one from last year.")
  await page.getByRole("button", { name: "Send answer" }).click()
  await box.waitFor({ state: "detached" })
  await page.getByRole("region", { name: "Timeline" }).getByText("I have one from last year.").waitFor()
  await asked.getByRole("link", { name: "4 answers" }).click()
  await page.getByRole("heading", { level: 1, name: "Conversation" }).waitFor()
  const parts = ["timetable", "on paper", "treasure", "platform four", "last year"]
  const order = async () => (await page.getByRole("article").allTextContents()).map((text) => parts.find((part) => text.includes(part)))
  await expect.poll(order).toEqual(parts)
  scene.node.write("mira", { text: "Found it!", replyTo: "moref0n7" })
  await page.getByRole("article").filter({ hasText: "Found it!" }).waitFor()
})

test("an own note is changed in its place, and its history can be read; a stranger's markup is text", async () => {
  scene = await theatre.open()
  const { page, node } = scene
  const mine = page
    .getByRole("article")
    .filter({ has: page.getByText("you", { exact: true }) })
    .first()
  await mine.getByRole("button", { name: "Edit" }).click()
  const box = page.getByRole("textbox", { name: "Change what you wrote" })
  expect(await box.inputValue()).toBe("A plate is a bowl that has seen things.")
  await box.fill("A plate is a bowl that has seen the world: https://bowls.example.org/")
  await page.getByRole("button", { name: "Save change" }).click()
  await mine.getByText("seen the world").waitFor()
  const link = mine.getByRole("link", { name: "https://bowls.example.org/" })
  expect(await link.getAttribute("rel")).toContain("noopener")
  await mine.getByRole("button", { name: "edited just now" }).click()
  await mine.getByText("A plate is a bowl that has seen things.").waitFor()
  expect(await page.getByRole("article").filter({ hasText: "Eleven bowls" }).getByRole("button", { name: "Edit" }).count()).toBe(0)

  node.write("anna", { text: "<img src=x onerror=alert(1)> & <b>bold</b>" })
  await page.getByText("<img src=x onerror=alert(1)> & <b>bold</b>").waitFor()
})

test("older notes are loaded as one reads on, each once and in order", async () => {
  const node = new MemoryNode()
  for (let index = 0; index < 130; index++) node.write("mira", { text: `bar ${index}` })
  scene = await theatre.open({ node })
  const { page } = scene
  await page.getByText("bar 129", { exact: true }).waitFor()
  expect(await page.getByText("bar 0", { exact: true }).count()).toBe(0)
  await expect
    .poll(
      async () => {
        await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight))
        return page.getByText("First note. Hello, quiet world.").count()
      },
      { timeout: 5_000 },
    )
    .toBe(1)
  const bars = (await page.locator(".note-text").allTextContents()).filter((text) => text.startsWith("bar "))
  expect(bars).toEqual(Array.from({ length: 130 }, (_, index) => `bar ${129 - index}`))
})
