import axe from "axe-core"
import type { Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { SCREENS } from "./screens.ts"
import type { Screen } from "./screens.ts"
import { openTheatre } from "./theatre.ts"
import type { Theatre } from "./theatre.ts"

const SIZES = [
  { width: 1440, height: 900 },
  { width: 360, height: 740 },
] as const

let theatre: Theatre
beforeAll(async () => {
  theatre = await openTheatre()
})
afterAll(() => theatre[Symbol.asyncDispose]())

interface AxeResult {
  readonly violations: readonly {
    readonly id: string
    readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary: string }[]
  }[]
}

/** What axe objects to, as lines that name the rule and the element. */
async function objections(page: Page, rules: object): Promise<string[]> {
  const { violations } = await page.evaluate(
    async (options) => (globalThis as unknown as { axe: { run(options: object): Promise<AxeResult> } }).axe.run(options),
    rules,
  )
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(" ")}: ${node.failureSummary}`))
}

/** Buttons, links and fields that a finger cannot hit well; links inside running text are exempt. */
function smallTargets(): string[] {
  const all = document.querySelectorAll<HTMLElement>("button:not(.link), input:not([type=file]), textarea, label.theme")
  return [...all].flatMap((element) => {
    const { width, height } = element.getBoundingClientRect()
    const covered = element.matches("[type=radio]") || width <= 1
    return covered || (width >= 40 && height >= 40)
      ? []
      : [`${element.textContent || element.tagName} is ${Math.round(width)} x ${Math.round(height)}`]
  })
}

async function inspect(screen: Screen): Promise<string[]> {
  await using scene = await theatre.open({
    ...(screen.node === undefined ? {} : { node: screen.node() }),
    ...(screen.address === undefined ? {} : { address: screen.address }),
    context: { viewport: SIZES[0], colorScheme: "light", reducedMotion: "reduce" },
  })
  const { page, dev } = scene
  await screen.reach?.(page, dev)
  await page.evaluate(axe.source)
  const found: string[] = []
  for (const size of SIZES) {
    await page.setViewportSize(size)
    for (const theme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" })
      // Only colours differ between the themes.
      const rules =
        theme === "light"
          ? { resultTypes: ["violations"] }
          : { resultTypes: ["violations"], runOnly: ["color-contrast", "link-in-text-block"] }
      found.push(...(await objections(page, rules)).map((line) => `${size.width} ${theme} ${line}`))
    }
    found.push(...(await page.evaluate(smallTargets)).map((line) => `${size.width} target: ${line}`))
    if (await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth))
      found.push(`${size.width} scrolls sideways`)
  }
  return [...found, ...scene.faults.map((line) => `fault: ${line}`), ...scene.strangers.map((line) => `stranger: ${line}`)]
}

describe("every screen, narrow and wide, light and dark: axe finds nothing, nothing is too small or too wide", () => {
  for (const screen of SCREENS) {
    test(screen.name, async () => {
      expect(await inspect(screen)).toEqual([])
    })
  }
})

test("the headings of the pages begin at one and skip nothing", async () => {
  await using scene = await theatre.open()
  const { page } = scene
  for (const name of ["Home", "People", "Profile", "Settings"]) {
    await page.getByRole("link", { name, exact: true }).click()
    const levels = await page.evaluate(() => [...document.querySelectorAll("h1, h2, h3, h4")].map((heading) => Number(heading.tagName[1])))
    expect(levels.filter((level) => level === 1)).toHaveLength(1)
    expect(levels[0]).toBe(1)
    levels.forEach((level, index) => expect(level - (levels[index - 1] ?? 0)).toBeLessThanOrEqual(1))
  }
})
