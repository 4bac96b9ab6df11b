import { mkdtemp, readdir, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { chromium } from "playwright-core"
import type { Page } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { SCRIPT_BUDGET, buildInterface } from "../../apps/web/build.mjs"
import { cardOf } from "../../apps/web/dev/cast.ts"
import { serve } from "../../apps/web/dev/serve.ts"
import { CHROMIUM } from "../chromium.ts"
import { newNode, openTheatre, watch } from "./theatre.ts"
import type { Theatre } from "./theatre.ts"

let theatre: Theatre
beforeAll(async () => {
  theatre = await openTheatre()
})
afterAll(() => theatre[Symbol.asyncDispose]())

const MARKERS = {
  name: "Markername Quillfeather",
  passphrase: "markerpass umbra zephyr",
  note: "markernote saffron obelisk",
  draft: "markerdraft never posted",
  petname: "Markerpet Thistledown",
  answer: "markeranswer violet lantern",
}

/** Files below a folder whose bytes hold one of the texts, as UTF-8 or UTF-16. */
async function filesWith(folder: string, texts: readonly string[]): Promise<string[]> {
  const needles = texts.flatMap((text) => [Buffer.from(text, "utf8"), Buffer.from(text, "utf16le")])
  const found: string[] = []
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const bytes = await readFile(path).catch(() => Buffer.alloc(0))
    if (needles.some((needle) => bytes.includes(needle))) found.push(path)
  }
  return found
}

async function run(page: Page): Promise<void> {
  await page.getByRole("textbox", { name: "What should people call you?" }).fill(MARKERS.name)
  await page.getByRole("textbox", { name: "Passphrase" }).fill(MARKERS.passphrase)
  await page.getByRole("button", { name: "Start" }).click()
  await page.getByRole("textbox", { name: "Write a note" }).fill(MARKERS.note)
  await page.getByRole("button", { name: "Post" }).click()
  await page.getByRole("region", { name: "Timeline" }).getByText(MARKERS.note).waitFor()
  await page.getByRole("button", { name: "Add someone" }).click()
  await page.getByRole("textbox", { name: "Paste a card" }).fill(cardOf("away"))
  await page.getByRole("textbox", { name: "Your own name for them" }).fill(MARKERS.petname)
  await page.getByRole("button", { name: "Follow" }).click()
  await page.getByRole("dialog").waitFor({ state: "detached" })
  await page.getByRole("button", { name: "Reply" }).first().click()
  await page.getByRole("textbox", { name: "Write an answer" }).fill(MARKERS.answer)
  await page.getByRole("button", { name: "Send answer" }).click()
  await page.getByRole("link", { name: "People", exact: true }).click()
  await page.getByRole("main").getByRole("link", { name: MARKERS.petname }).click()
  await page.getByRole("heading", { level: 1, name: MARKERS.petname }).waitFor()
  await page.goBack()
  await page.goBack()
  await page.getByRole("textbox", { name: "Write a note" }).fill(MARKERS.draft)
}

test("nothing personal reaches the browser's folder, its stores, its history or its titles", async () => {
  const profile = await mkdtemp(join(tmpdir(), "tessera-profile-"))
  await using dev = await serve({ dist: theatre.dist, node: newNode() })
  const context = await chromium.launchPersistentContext(profile, CHROMIUM)
  try {
    const page = context.pages()[0] ?? (await context.newPage())
    page.setDefaultTimeout(15_000)
    const { faults, strangers } = watch(page, dev.origin)
    await page.goto(dev.url)
    await run(page)
    const kept = await page.evaluate(async () => ({
      local: localStorage.length,
      session: Object.values(sessionStorage),
      databases: (await indexedDB.databases()).length,
      caches: (await caches.keys()).length,
      cookies: document.cookie,
      workers: (await navigator.serviceWorker.getRegistrations()).length,
      title: document.title,
      address: location.href,
    }))
    expect(kept).toEqual({
      local: 0,
      session: ["dev-token-0123456789"],
      databases: 0,
      caches: 0,
      cookies: "",
      workers: 0,
      title: "Tessera",
      address: `${dev.origin}/`,
    })
    expect(faults).toEqual([])
    expect(strangers).toEqual([])
    const fields = await page.evaluate(
      () => [...document.querySelectorAll("form, input, textarea")].filter((field) => field.getAttribute("autocomplete") !== "off").length,
    )
    expect(fields).toBe(0)
    // The browser writes its session and history some seconds after they change.
    await page.waitForTimeout(3_000)
    expect(await filesWith(profile, Object.values(MARKERS))).toEqual([])
  } finally {
    await context.close()
  }
  expect(await filesWith(profile, Object.values(MARKERS))).toEqual([])
  // The search itself is not blind: what the browser does keep, the address, is found.
  expect((await filesWith(profile, [dev.origin])).length).toBeGreaterThan(0)
  await rm(profile, { recursive: true, force: true })
}, 60_000)

test("the interface is one small script and one style sheet, and is usable at once", async () => {
  const sizes = await buildInterface(theatre.dist)
  expect(sizes.scriptGzipped).toBeLessThan(SCRIPT_BUDGET)
  expect(sizes.styleGzipped).toBeLessThan(10 * 1024)

  await using scene = await theatre.open()
  const { page } = scene
  await page.getByRole("textbox", { name: "Write a note" }).waitFor()
  const loaded = await page.evaluate(() => performance.getEntriesByType("resource").map((entry) => new URL(entry.name).pathname))
  expect(loaded.filter((path) => !path.startsWith("/api/")).sort()).toEqual(
    ["/app.css", "/app.js", "/icon.svg"].filter((path) => loaded.includes(path)),
  )
  expect(loaded).toContain("/app.js")
})
