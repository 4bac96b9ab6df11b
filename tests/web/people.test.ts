import { afterAll, afterEach, beforeAll, expect, test } from "vitest"
import { cardOf, keyOf } from "../../apps/web/dev/cast.ts"
import { SAMPLE_CARD } from "../../apps/web/dev/samples.ts"
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

test("cards that are none, incomplete or one's own are refused in words", async () => {
  scene = await theatre.open()
  const { page } = scene
  await page.getByRole("button", { name: "Add someone" }).click()
  const box = page.getByRole("textbox", { name: "Paste a card" })
  for (const [text, says] of [
    ["hello there", "not a card"],
    [cardOf("olga").slice(0, -20), "incomplete"],
    [cardOf("olga").slice(0, 60), "incomplete"],
    [SAMPLE_CARD, "your own card"],
  ] as const) {
    await box.fill(text)
    await expect
      .poll(() =>
        page
          .getByRole("alert")
          .allTextContents()
          .then((all) => all.join()),
      )
      .toContain(says)
    expect(await page.getByRole("button", { name: "Follow" }).count()).toBe(0)
  }
  await box.fill(cardOf("olga"))
  await page.getByRole("button", { name: "Follow" }).waitFor()
  expect(await page.getByRole("alert").count()).toBe(0)
  await box.fill(cardOf("mira"))
  await page.getByText("You read them already.").waitFor()
  await page.getByRole("button", { name: "Open their page" }).click()
  await page.getByRole("heading", { level: 1, name: "Mira Okonkwo-Lindqvist" }).waitFor()
})

test("somebody who is away can be followed all the same, under a name of one's own", async () => {
  scene = await theatre.open()
  const { page } = scene
  await page.getByRole("button", { name: "Add someone" }).click()
  await page.getByRole("textbox", { name: "Paste a card" }).fill(cardOf("away"))
  await page.getByText("Somebody who does not answer right now").waitFor()
  await page.getByRole("textbox", { name: "Your own name for them" }).fill("Bent from work")
  await page.getByRole("button", { name: "Follow" }).click()
  await page.getByRole("link", { name: "People", exact: true }).click()
  await page.getByRole("main").getByRole("link", { name: "Bent from work" }).waitFor()
})

test("the card is copied with one press", async () => {
  scene = await theatre.open({ context: { permissions: ["clipboard-read", "clipboard-write"] } })
  const { page } = scene
  await page.getByRole("button", { name: "My card" }).click()
  await page.getByRole("button", { name: "Copy", exact: true }).click()
  await page.getByRole("button", { name: "Copied" }).waitFor()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(SAMPLE_CARD)
  // A press beside the card puts it away.
  await page.mouse.click(20, 450)
  await page.getByRole("dialog").waitFor({ state: "detached" })
})

test("two people of one name are told apart wherever they are shown", async () => {
  scene = await theatre.open()
  const { page } = scene
  await page.getByRole("link", { name: "People", exact: true }).click()
  const rows = page
    .getByRole("main")
    .getByRole("listitem")
    .filter({ has: page.getByRole("link", { name: "Anna", exact: true }) })
  await expect.poll(() => rows.count()).toBe(2)
  const [first, second] = await rows.all()
  expect(await first?.locator(".aside-note").textContent()).not.toBe(await second?.locator(".aside-note").textContent())
  expect(await first?.locator("svg.tile").innerHTML()).not.toBe(await second?.locator("svg.tile").innerHTML())

  // A third one is about to be added: the dialog says so and offers a name.
  await page.getByRole("button", { name: "Add someone" }).click()
  await page.getByRole("textbox", { name: "Paste a card" }).fill(cardOf("anna3"))
  await page.getByText("already bears this name").waitFor()
})

test("a person's page: own name for them, and the end of reading them", async () => {
  scene = await theatre.open()
  const { page, node } = scene
  await page.getByRole("region", { name: "Timeline" }).getByRole("link", { name: "Mira Okonkwo-Lindqvist" }).first().click()
  await page.getByText("Connected now").first().waitFor()
  await page.getByRole("textbox", { name: "What you call them" }).fill("Mira with the cello")
  await page.getByRole("button", { name: "Save name" }).click()
  await page.getByRole("heading", { level: 1, name: "Mira with the cello" }).waitFor()
  await page.getByText("They call themselves").waitFor()
  expect(node.personByKey(keyOf("mira")).petname).toBe("Mira with the cello")

  await page.getByRole("button", { name: "Stop reading them" }).click()
  await page.getByRole("button", { name: "Keep reading" }).click()
  await page.getByRole("button", { name: "Stop reading them" }).click()
  await page.getByRole("button", { name: "Yes, stop" }).click()
  await page.getByRole("heading", { level: 1, name: "People" }).waitFor()
  await page.getByRole("link", { name: "Home", exact: true }).click()
  await page.getByText("The kiln is open").waitFor()
  expect(await page.getByText("Rehearsal moved").count()).toBe(0)
})

test("the browser's Back returns to where the page was, and the address never says where one is", async () => {
  scene = await theatre.open()
  const { page, dev } = scene
  await page.getByText("First note. Hello, quiet world.").scrollIntoViewIfNeeded()
  const before = await page.evaluate(() => scrollY)
  expect(before).toBeGreaterThan(300)
  await page.getByRole("main").getByRole("link", { name: "Tom from the ferry" }).last().click()
  await page.getByRole("heading", { level: 1, name: "Tom from the ferry" }).waitFor()
  expect(page.url()).toBe(`${dev.origin}/`)
  expect(await page.evaluate(() => JSON.stringify(history.state))).toMatch(/^\d+$/)
  await page.goBack()
  await page.getByRole("textbox", { name: "Write a note" }).waitFor({ state: "attached" })
  await expect.poll(() => page.evaluate(() => scrollY)).toBe(before)
})
