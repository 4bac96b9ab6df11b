import type { Page } from "playwright-core"
import { cardOf } from "../../apps/web/dev/cast.ts"
import { MemoryNode } from "../../apps/web/dev/memory-node.ts"
import type { DevNode } from "../../apps/web/dev/serve.ts"
import { lockedNode, newNode } from "./theatre.ts"

/** A screen of the interface, and how a person comes to it. */
export interface Screen {
  readonly name: string
  readonly node?: () => MemoryNode
  readonly address?: (dev: DevNode) => string
  readonly reach?: (page: Page, dev: DevNode) => Promise<unknown>
}

const fresh = () => {
  const node = new MemoryNode({ filled: false })
  node.settings = { theme: "system", recoverySheetOffered: false }
  return node
}

const open = (page: Page, name: string) => page.getByRole("link", { name, exact: true }).click()

export const SCREENS: readonly Screen[] = [
  { name: "outside", address: (dev) => dev.origin },
  {
    name: "set-up",
    node: newNode,
    reach: async (page) => {
      await page.getByRole("textbox", { name: "What should people call you?" }).fill("Runa")
      await page.getByRole("button", { name: "Use these words" }).click()
    },
  },
  {
    name: "set-up, refused",
    node: newNode,
    reach: async (page) => {
      await page.getByRole("button", { name: "Start" }).click()
      await page.getByRole("alert").waitFor()
    },
  },
  { name: "restore", node: newNode, reach: (page) => page.getByRole("button", { name: "I have a recovery sheet" }).click() },
  {
    name: "unlock, refused",
    node: lockedNode,
    reach: async (page) => {
      await page.getByRole("textbox", { name: "Passphrase" }).fill("wrong")
      await page.getByRole("button", { name: "Unlock" }).click()
      await page.getByRole("alert").waitFor()
    },
  },
  { name: "home, empty", node: fresh, reach: (page) => page.getByText("Two ways to begin").waitFor() },
  {
    name: "home",
    reach: async (page) => {
      await page
        .getByRole("button", { name: /^edited/ })
        .first()
        .click()
      await page.getByRole("list", { name: "Earlier versions" }).waitFor()
      await page.getByRole("button", { name: "Edit", exact: true }).first().click()
      await page.getByRole("textbox", { name: "Write a note" }).fill("x".repeat(5_001))
    },
  },
  {
    name: "home, silent node",
    reach: async (page, dev) => {
      await page.getByText("The kiln is open").waitFor()
      dev.silent = true
      dev.breakStreams()
      await page.getByRole("button", { name: "Try now" }).waitFor()
    },
  },
  { name: "my card", reach: (page) => page.getByRole("button", { name: "My card" }).click() },
  {
    name: "add someone, found",
    reach: async (page) => {
      await page.getByRole("button", { name: "Add someone" }).click()
      await page.getByRole("textbox", { name: "Paste a card" }).fill(cardOf("anna3"))
      await page.getByRole("button", { name: "Follow" }).waitFor()
    },
  },
  {
    name: "add someone, refused",
    reach: async (page) => {
      await page.getByRole("button", { name: "Add someone" }).click()
      await page.getByRole("textbox", { name: "Paste a card" }).fill("tessera:")
      await page.getByRole("alert").waitFor()
    },
  },
  {
    name: "conversation",
    reach: async (page) => {
      await page.getByRole("link", { name: "3 answers" }).click()
      await page.getByRole("button", { name: "Reply" }).nth(1).click()
    },
  },
  { name: "people", reach: (page) => open(page, "People") },
  { name: "people, nobody", node: fresh, reach: (page) => open(page, "People") },
  {
    name: "person",
    reach: async (page) => {
      await page.getByRole("main").getByRole("link", { name: "Anna", exact: true }).first().click()
      await page.getByRole("button", { name: "Stop reading them" }).click()
    },
  },
  { name: "profile", reach: (page) => open(page, "Profile") },
  { name: "settings", reach: (page) => open(page, "Settings") },
  {
    name: "change passphrase",
    reach: async (page) => {
      await open(page, "Settings")
      await page.getByRole("button", { name: "Change it" }).click()
      await page.getByRole("textbox", { name: "New passphrase" }).fill("anchor velvet ribbon")
    },
  },
  {
    name: "recovery sheet",
    reach: async (page) => {
      await open(page, "Settings")
      await page.getByRole("button", { name: "Make a sheet" }).click()
      await page.getByRole("textbox", { name: "Passphrase" }).fill("anchor velvet ribbon candle orbit")
      await page.getByRole("button", { name: "Make the sheet" }).click()
      await page.getByRole("article", { name: "Recovery sheet" }).waitFor()
    },
  },
]
