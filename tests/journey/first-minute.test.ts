import { mkdir } from "node:fs/promises"
import { expect, test } from "vitest"
import { Folder, startNode } from "../program/tessera.ts"
import { countInTimeline, follow, inTimeline, openBrowser, openPage, post, readCard, setUp, unlock } from "./browser.ts"
import { filesWith } from "./search-bytes.ts"

const ADA = "plum orbit lantern meadow quartz"
const BO = "harbor violin cactus thunder maple"
const MARKERS = ["Zweigelt-marker-note", "Krautsalat-marker-profile", "Pustekuchen-marker-petname", "Blaubeer-marker-while-away", ADA, BO]

test("two people meet, read each other, go away, come back, and nothing of it lies open on a disk", { timeout: 180_000 }, async () => {
  await using folder = await Folder.make()
  const temporary = folder.join("tmp")
  await mkdir(temporary)
  const environment = { TMPDIR: temporary }
  const adaBrowser = await openBrowser(folder.join("ada-profile"))
  const boBrowser = await openBrowser(folder.join("bo-profile"))
  try {
    await using ada = await startNode(folder.join("ada"), [], environment)
    await using bo = await startNode(folder.join("bo"), [], environment)
    const adaPage = await openPage(adaBrowser, ada.url)
    const boPage = await openPage(boBrowser, bo.url)
    const begun = performance.now()
    await setUp(adaPage, "Ada Krautsalat-marker-profile", ADA)
    expect(performance.now() - begun).toBeLessThan(10_000)
    await setUp(boPage, "Bo Çelik", BO)

    const adaCard = await readCard(adaPage)
    const boCard = await readCard(boPage)
    expect(adaCard).toMatch(/^tessera:[a-z0-9]+$/)
    expect(adaCard.length).toBeLessThanOrEqual(200)
    expect(await follow(boPage, adaCard)).toContain("Ada Krautsalat-marker-profile")
    expect(await follow(adaPage, boCard)).toContain("Bo Çelik")

    await post(adaPage, "Zweigelt-marker-note from Ada")
    expect(await inTimeline(boPage, "Zweigelt-marker-note from Ada")).toBeLessThan(1000)
    await post(boPage, "A note from Bo")
    expect(await inTimeline(adaPage, "A note from Bo")).toBeLessThan(1000)
    expect(await filesWith(folder.path, MARKERS)).toEqual([])

    await ada.end()
    await post(boPage, "Blaubeer-marker-while-away")
    await bo.end()
    await using adaAgain = await startNode(folder.join("ada"), [], environment)
    await using boAgain = await startNode(folder.join("bo"), [], environment)
    await adaPage.goto(adaAgain.url)
    await boPage.goto(boAgain.url)
    await unlock(adaPage, "not the passphrase")
    await adaPage.getByRole("alert").filter({ hasText: "passphrase" }).waitFor()
    await unlock(adaPage, ADA)
    await inTimeline(adaPage, "Zweigelt-marker-note from Ada")
    await unlock(boPage, BO)
    await inTimeline(boPage, "Zweigelt-marker-note from Ada")
    await inTimeline(adaPage, "Blaubeer-marker-while-away")
    expect(await countInTimeline(adaPage, "Blaubeer-marker-while-away")).toBe(1)
    expect(await countInTimeline(adaPage, "Zweigelt-marker-note from Ada")).toBe(1)
    expect(await readCard(adaPage)).toBe(adaCard)
    expect(await filesWith(folder.path, MARKERS)).toEqual([])
    await adaAgain.end()
    await boAgain.end()
  } finally {
    await adaBrowser.close()
    await boBrowser.close()
  }
  expect(await filesWith(folder.path, MARKERS)).toEqual([])
})

test("the search for markers finds one that is there", async () => {
  await using folder = await Folder.make()
  const path = await folder.file("open", `….${MARKERS[0]}.…`)
  expect(await filesWith(folder.path, MARKERS)).toEqual([path])
})
