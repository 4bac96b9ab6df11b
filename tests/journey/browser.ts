import { type BrowserContext, chromium, type Page } from "playwright-core"
import { CHROMIUM } from "../chromium.ts"

/** A browser with a profile folder of its own that stays, so that what it leaves on disk can be searched. */
export function openBrowser(profileFolder: string): Promise<BrowserContext> {
  return chromium.launchPersistentContext(profileFolder, { ...CHROMIUM, headless: true, viewport: { width: 1280, height: 900 } })
}

/** Opens the address that a node printed; that must be enough to be let in. */
export async function openPage(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  await page.goto(url)
  return page
}

export async function setUp(page: Page, name: string, passphrase: string): Promise<void> {
  await page.getByRole("textbox", { name: "What should people call you?" }).fill(name)
  await page.getByRole("textbox", { name: "Passphrase" }).fill(passphrase)
  await page.getByRole("button", { name: "Start" }).click()
  await page.getByRole("textbox", { name: "Write a note" }).waitFor()
}

export async function unlock(page: Page, passphrase: string): Promise<void> {
  await page.getByRole("textbox", { name: "Passphrase" }).fill(passphrase)
  await page.getByRole("button", { name: "Unlock" }).click()
}

export async function readCard(page: Page): Promise<string> {
  await page.getByRole("button", { name: "My card" }).click()
  const link = await page.getByRole("textbox", { name: "Card link" }).inputValue()
  await page.keyboard.press("Escape")
  return link
}

/** Gives what the person is shown before they follow. */
export async function follow(page: Page, card: string): Promise<string> {
  await page.getByRole("button", { name: "Add someone" }).click()
  await page.getByRole("textbox", { name: "Paste a card" }).fill(card)
  const button = page.getByRole("button", { name: "Follow" })
  await button.waitFor()
  const shown = await page.getByRole("dialog").innerText()
  await button.click()
  await page.getByRole("dialog").waitFor({ state: "hidden" })
  return shown
}

export async function post(page: Page, text: string): Promise<void> {
  await page.getByRole("textbox", { name: "Write a note" }).fill(text)
  await page.getByRole("button", { name: "Post" }).click()
  await inTimeline(page, text)
}

/** Waits until the text stands in the timeline; gives how long it took, in milliseconds. */
export async function inTimeline(page: Page, text: string): Promise<number> {
  const begun = performance.now()
  await page.getByRole("region", { name: "Timeline" }).getByText(text).first().waitFor()
  return performance.now() - begun
}

export function countInTimeline(page: Page, text: string): Promise<number> {
  return page.getByRole("region", { name: "Timeline" }).getByText(text).count()
}
