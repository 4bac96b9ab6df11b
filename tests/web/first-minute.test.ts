import { afterAll, afterEach, beforeAll, expect, test } from "vitest"
import { cardOf } from "../../apps/web/dev/cast.ts"
import { SAMPLE_CARD, SAMPLE_SHEET } from "../../apps/web/dev/samples.ts"
import { lockedNode, newNode, openTheatre } from "./theatre.ts"
import type { Scene, SceneOptions, Theatre } from "./theatre.ts"

let theatre: Theatre
let scene: Scene
beforeAll(async () => {
  theatre = await openTheatre()
})
afterAll(() => theatre[Symbol.asyncDispose]())
afterEach(async () => {
  expect(scene.faults).toEqual([])
  expect(scene.strangers).toEqual([])
  await scene[Symbol.asyncDispose]()
})

async function open(options?: SceneOptions) {
  scene = await theatre.open(options)
  return scene
}

test("a newcomer types a name, takes the words, and is on; then reads a friend", async () => {
  const { page, node } = await open({ node: newNode() })
  const name = page.getByRole("textbox", { name: "What should people call you?" })
  await name.waitFor()
  expect(await name.evaluate((element) => element === document.activeElement)).toBe(true)
  await name.fill("Runa 🌊")
  await page.getByRole("button", { name: "Use these words" }).click()
  const passphrase = page.getByRole("textbox", { name: "Passphrase" })
  expect(await passphrase.inputValue()).toBe("anchor velvet ribbon candle orbit")
  expect(await passphrase.evaluate((element) => getComputedStyle(element).getPropertyValue("-webkit-text-security"))).toBe("none")
  await page.getByText("Very strong", { exact: true }).waitFor()
  await page.getByRole("button", { name: "Start" }).click()

  await page.getByRole("textbox", { name: "Write a note" }).waitFor()
  expect(node.displayName).toBe("Runa 🌊")
  expect(node.passphrase).toBe("anchor velvet ribbon candle orbit")
  await page.getByRole("region", { name: "Timeline" }).getByText("Two ways to begin").waitFor()

  await page.getByRole("button", { name: "My card" }).click()
  expect(await page.getByRole("textbox", { name: "Card link" }).inputValue()).toBe(SAMPLE_CARD)
  await page.getByRole("img", { name: "Your card as a code to scan" }).waitFor()
  await page.getByText("Friends on the same network").waitFor()
  await page.keyboard.press("Escape")
  expect(await page.getByRole("dialog").count()).toBe(0)
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("My card")

  await page.getByRole("button", { name: "Add someone" }).click()
  await page.getByRole("textbox", { name: "Paste a card" }).fill(`  ${cardOf("olga")}\n`)
  await page.getByRole("heading", { name: "Olga" }).waitFor()
  await page.getByText("Beekeeper. Ask me about swarms.").waitFor()
  expect(await page.getByRole("list", { name: "Safety words" }).getByRole("listitem").count()).toBe(6)
  await page.getByRole("button", { name: "Follow" }).click()
  await page.getByRole("dialog").waitFor({ state: "detached" })
  node.write("olga", { text: "The bees are awake." })
  await page.getByRole("region", { name: "Timeline" }).getByText("The bees are awake.").waitFor()

  await page.getByRole("textbox", { name: "Write a note" }).fill("Hello, Olga")
  await page.getByRole("button", { name: "Post" }).click()
  await page.getByRole("region", { name: "Timeline" }).getByText("Hello, Olga").waitFor()
  expect(await page.getByRole("textbox", { name: "Write a note" }).inputValue()).toBe("")
})

test("nobody who is just being set up is asked to unlock", async () => {
  const { page, node } = await open({ node: newNode() })
  await page.getByRole("textbox", { name: "What should people call you?" }).fill("Runa")
  await page.waitForTimeout(300)
  node.emit({ type: "state", state: { stage: "locked", version: "0.1.0" } })
  await page.waitForTimeout(300)
  expect(await page.getByRole("button", { name: "Unlock" }).count()).toBe(0)
  expect(await page.getByRole("button", { name: "Start" }).count()).toBe(1)
})

test("what is missing at the start is said, and the focus goes there", async () => {
  const { page } = await open({ node: newNode() })
  await page.getByRole("button", { name: "Start" }).click()
  await expect.poll(() => page.getByRole("alert").textContent()).toContain("what people should call you")
  expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-invalid"))).toBe("true")
  await page.getByRole("textbox", { name: "What should people call you?" }).fill("R")
  await page.keyboard.press("Enter")
  await expect.poll(() => page.getByRole("alert").textContent()).toContain("choose a passphrase")
})

test("the recovery offer is made once", async () => {
  const { page, node } = await open({ node: newNode() })
  await page.getByRole("textbox", { name: "What should people call you?" }).fill("Runa")
  await page.getByRole("textbox", { name: "Passphrase" }).fill("pass")
  await page.getByRole("button", { name: "Start" }).click()
  await page.getByRole("button", { name: "Not now" }).click()
  await page.getByRole("button", { name: "Not now" }).waitFor({ state: "detached" })
  expect(node.settings.recoverySheetOffered).toBe(true)
  await page.reload()
  await page.getByRole("textbox", { name: "Write a note" }).waitFor()
  expect(await page.getByRole("button", { name: "Make the sheet" }).count()).toBe(0)
})

test("a recovery sheet, typed with spaces and line breaks, brings the person back", async () => {
  const { page, node } = await open({ node: newNode() })
  await page.getByRole("button", { name: "I have a recovery sheet" }).click()
  const sheet = page.getByRole("textbox", { name: "Text of the sheet" })
  await sheet.fill("mocryptsec0 not whole")
  await page.getByRole("textbox", { name: "Passphrase" }).fill("my passphrase")
  await page.getByRole("textbox", { name: "What should people call you?" }).fill("Runa")
  await page.getByRole("button", { name: "Bring me back" }).click()
  await expect.poll(() => page.getByRole("alert").textContent()).toContain("not a whole recovery sheet")
  await sheet.fill(SAMPLE_SHEET.replace(/(.{6})/g, "$1 ").replace(/(.{40})/g, "$1\n"))
  await page.getByRole("button", { name: "Bring me back" }).click()
  await page.getByRole("textbox", { name: "Write a note" }).waitFor()
  expect(node.displayName).toBe("Runa")
})

test("a wrong passphrase is refused, the right one opens", async () => {
  const { page } = await open({ node: lockedNode() })
  const box = page.getByRole("textbox", { name: "Passphrase" })
  await box.fill("wrong")
  await page.getByRole("button", { name: "Unlock" }).click()
  await expect.poll(() => page.getByRole("alert").textContent()).toBe("This passphrase is not right. Please check it and try again.")
  expect(await box.evaluate((element) => element === document.activeElement)).toBe(true)
  expect(await box.evaluate((element) => getComputedStyle(element).getPropertyValue("-webkit-text-security"))).toBe("disc")
  await box.fill("anchor velvet ribbon candle orbit")
  await page.keyboard.press("Enter")
  await page.getByRole("region", { name: "Timeline" }).getByText("The kiln is open").waitFor()
})

test("without its own address the page says how to get in", async () => {
  const { page } = await open({ address: (dev) => dev.origin })
  await page.getByRole("heading", { name: "This page needs its own address" }).waitFor()
  await page.goto(`${scene.dev.origin}/#some-older-token-123`)
  await page.getByRole("heading", { name: "This page is from an earlier time" }).waitFor()
})

test("the token leaves the address at once, and a reload still gets in", async () => {
  const { page, dev } = await open()
  await page.getByRole("textbox", { name: "Write a note" }).waitFor()
  expect(page.url()).toBe(`${dev.origin}/`)
  await page.reload()
  await page.getByRole("textbox", { name: "Write a note" }).waitFor()
})

test("a card in the address waits for the passphrase and then opens filled in", async () => {
  const { page } = await open({ node: lockedNode(), address: (dev) => `${dev.url}&card=${encodeURIComponent(cardOf("olga"))}` })
  await page.getByRole("textbox", { name: "Passphrase" }).fill("anchor velvet ribbon candle orbit")
  await page.getByRole("button", { name: "Unlock" }).click()
  expect(await page.getByRole("textbox", { name: "Paste a card" }).inputValue()).toBe(cardOf("olga"))
  await page.getByRole("button", { name: "Follow" }).waitFor()
  await page.getByRole("button", { name: "Close" }).click()

  // Pasted into the bar of a page that is open already.
  await page.evaluate((card) => (location.hash = `card=${card}`), cardOf("away"))
  await page.getByText("Somebody who does not answer right now").waitFor()
  expect(new URL(page.url()).hash).toBe("")
})
