import { expect, test } from "vitest"
import { Folder, startNode } from "../program/tessera.ts"
import { openBrowser, openPage, post, readCard, setUp } from "./browser.ts"

const PASSPHRASE = "plum orbit lantern meadow quartz"

test("a recovery sheet makes the same person again in an empty folder, the card unchanged", { timeout: 120_000 }, async () => {
  await using folder = await Folder.make()
  const browser = await openBrowser(folder.join("profile"))
  try {
    await using first = await startNode(folder.join("first"))
    const page = await openPage(browser, first.url)
    await setUp(page, "Ada", PASSPHRASE)
    await post(page, "before the loss")
    const card = await readCard(page)
    const { origin, hash } = new URL(first.url)
    const sheet = (await (
      await fetch(`${origin}/api/recovery-sheet`, {
        method: "POST",
        headers: { authorization: `Bearer ${hash.slice(1)}`, "content-type": "application/json" },
        body: JSON.stringify({ passphrase: PASSPHRASE }),
      })
    ).json()) as { text: string }
    expect(sheet.text).toMatch(/^mocryptsec0/)
    await first.end()

    await using second = await startNode(folder.join("second"))
    await page.goto(second.url)
    await page.getByText("I have a recovery sheet").click()
    await page.getByRole("textbox", { name: /sheet/i }).fill(sheet.text.replace(/(.{12})/g, "$1 "))
    await page.getByRole("textbox", { name: "Passphrase" }).fill(PASSPHRASE)
    await page.getByRole("textbox", { name: /call you/i }).fill("Ada")
    await page.getByRole("button", { name: /restore|bring|make/i }).click()
    await page.getByRole("textbox", { name: "Write a note" }).waitFor()
    expect(await readCard(page)).toBe(card)
    await post(page, "after the loss")
  } finally {
    await browser.close()
  }
})
