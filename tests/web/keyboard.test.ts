import type { Page } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { cardOf } from "../../apps/web/dev/cast.ts"
import { newNode, openTheatre } from "./theatre.ts"
import type { Theatre } from "./theatre.ts"

let theatre: Theatre
beforeAll(async () => {
  theatre = await openTheatre()
})
afterAll(() => theatre[Symbol.asyncDispose]())

/** What has the focus, as a listener would hear it; and that its outline can be seen. */
async function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement
    if (!(element instanceof HTMLElement)) return ""
    const label = element.getAttribute("aria-label") ?? (element as HTMLInputElement).labels?.[0]?.textContent ?? element.textContent
    return (label ?? "").trim()
  })
}

/** Presses Tab until the named thing has the focus. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    if ((await focused(page)) === name) {
      const outlined = await page.evaluate(() => {
        const element = document.activeElement as HTMLElement
        const style = getComputedStyle(element)
        return style.outlineStyle !== "none" || style.boxShadow !== "none"
      })
      expect(outlined, `${name} shows that it has the focus`).toBe(true)
      return
    }
    await page.keyboard.press("Tab")
  }
  throw new Error(`Tab does not lead to "${name}"`)
}

test("the whole first minute works by keyboard alone", async () => {
  await using scene = await theatre.open({ node: newNode() })
  const { page, node } = scene
  await page.getByRole("button", { name: "Use these words" }).waitFor()
  await page.keyboard.type("Runa")
  await tabTo(page, "Use these words")
  await page.keyboard.press("Enter")
  await tabTo(page, "Start")
  await page.keyboard.press("Space")
  await page.getByRole("textbox", { name: "Write a note" }).waitFor()
  await expect.poll(() => focused(page)).toBe("Home")

  await tabTo(page, "Write a note")
  await page.keyboard.type("Written without a mouse")
  await page.keyboard.press("Control+Enter")
  await page.getByRole("region", { name: "Timeline" }).getByText("Written without a mouse").waitFor()
  await expect.poll(() => focused(page)).toBe("Write a note")

  await tabTo(page, "Reply")
  await page.keyboard.press("Enter")
  await expect.poll(() => focused(page)).toBe("Write an answer")
  await page.keyboard.type("And answered")
  await tabTo(page, "Send answer")
  await page.keyboard.press("Enter")
  await page.getByRole("region", { name: "Timeline" }).getByText("And answered").waitFor()
  await expect.poll(() => focused(page)).toBe("Reply")

  await page.evaluate(() => (document.activeElement as HTMLElement).blur())
  await tabTo(page, "Add someone")
  await page.keyboard.press("Enter")
  await expect.poll(() => focused(page)).toBe("Paste a card")
  await page.keyboard.insertText(cardOf("olga"))
  await page.getByRole("button", { name: "Follow" }).waitFor()
  await tabTo(page, "Follow")
  await page.keyboard.press("Enter")
  await page.getByRole("dialog").waitFor({ state: "detached" })
  await expect.poll(() => focused(page)).toBe("Add someone")
  expect(node.people()).toHaveLength(1)

  await tabTo(page, "My card")
  await page.keyboard.press("Enter")
  await tabTo(page, "Card link")
  await page.keyboard.press("Escape")
  await expect.poll(() => focused(page)).toBe("My card")
  expect(scene.faults).toEqual([])
})

test("one can skip to the page; a dialog keeps the focus inside", async () => {
  await using scene = await theatre.open()
  const { page } = scene
  await page.getByText("The kiln is open").waitFor()
  // The heading has the focus; before it stand the rail and, first of all, the way past it.
  expect(await focused(page)).toBe("Home")
  for (let presses = 0; presses < 8; presses++) await page.keyboard.press("Shift+Tab")
  expect(await focused(page)).toBe("Skip to the page")
  expect(await page.evaluate(() => getComputedStyle(document.activeElement as Element).clipPath)).toBe("none")
  await page.keyboard.press("Enter")
  await page.keyboard.press("Tab")
  expect(await focused(page)).toBe("Write a note")

  await page.getByRole("button", { name: "My card" }).click()
  for (let presses = 0; presses < 8; presses++) {
    await page.keyboard.press("Tab")
    expect(await page.evaluate(() => document.activeElement === document.body || document.activeElement?.closest("dialog") !== null)).toBe(
      true,
    )
  }
})
