import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openBrowser, setUp } from "../tests/journey/browser.ts"
import { startNode } from "../tests/program/tessera.ts"
import { median, type Row } from "./row.ts"

const VISITS = 7

/** Page load of a running node in headless Chromium, and the time from the start of the program to its first page. */
export async function run(): Promise<readonly Row[]> {
  const folder = await mkdtemp(join(tmpdir(), "tessera-bench-"))
  const browser = await openBrowser(join(folder, "profile"))
  try {
    const starts: number[] = []
    const loads: number[] = []
    const blanks: number[] = []
    for (let visit = 0; visit < VISITS; visit += 1) {
      const begun = performance.now()
      await using node = await startNode(join(folder, "data"))
      const response = await fetch(node.url)
      if (!response.ok) throw new Error(`the page answered ${response.status}`)
      starts.push(performance.now() - begun)

      const page = await browser.newPage()
      const blank = performance.now()
      await page.goto("about:blank")
      blanks.push(performance.now() - blank)
      const open = performance.now()
      await page.goto(node.url)
      await page.getByRole("textbox").first().waitFor()
      loads.push(performance.now() - open)
      if (visit === 0) await setUp(page, "Bench", "five random words go here")
      await page.close()
    }
    const blankPage = { name: "an empty page", value: median(blanks) }
    return [
      { name: "start to first page served", value: median(starts), unit: "ms", note: "./tessera start on a folder that is set up" },
      {
        name: "first screen",
        value: median(loads),
        unit: "ms",
        reference: blankPage,
        note: "navigation to first usable field, headless Chromium",
      },
    ]
  } finally {
    await browser.close()
    await rm(folder, { recursive: true, force: true })
  }
}
