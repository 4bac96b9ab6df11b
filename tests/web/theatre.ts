import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { chromium } from "playwright-core"
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core"
import { buildInterface } from "../../apps/web/build.mjs"
import { MemoryNode } from "../../apps/web/dev/memory-node.ts"
import { CHROMIUM } from "../chromium.ts"
import { serve } from "../../apps/web/dev/serve.ts"
import type { DevNode } from "../../apps/web/dev/serve.ts"

/** A page with a node behind it, and what went wrong in it that nobody asked about. */
export interface Scene extends AsyncDisposable {
  readonly page: Page
  readonly context: BrowserContext
  readonly dev: DevNode
  readonly node: MemoryNode
  /** Errors of the page and violations of its content policy. */
  readonly faults: string[]
  /** Requests that left for anywhere but the node. */
  readonly strangers: string[]
}

export interface SceneOptions {
  readonly node?: MemoryNode
  readonly context?: BrowserContextOptions
  /** What is opened instead of the address that lets in. */
  readonly address?: (dev: DevNode) => string
}

/** The built interface and one browser for the tests of a file. */
export interface Theatre extends AsyncDisposable {
  readonly browser: Browser
  readonly dist: string
  open(options?: SceneOptions): Promise<Scene>
}

/** Watches a page for what must never happen in any test. */
export function watch(page: Page, origin: string): { faults: string[]; strangers: string[] } {
  const faults: string[] = []
  const strangers: string[] = []
  page.on("pageerror", (error) => faults.push(String(error.stack)))
  page.on("console", (message) => {
    // The browser reports every refused request; refusals are part of the tests.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) faults.push(message.text())
  })
  page.on("request", (request) => {
    if (!request.url().startsWith(origin) && !/^(data|blob|about):/.test(request.url())) strangers.push(request.url())
  })
  return { faults, strangers }
}

export async function openTheatre(): Promise<Theatre> {
  const dist = await mkdtemp(join(tmpdir(), "tessera-web-"))
  await buildInterface(dist)
  const browser = await chromium.launch(CHROMIUM)
  return {
    browser,
    dist,
    async open({ node = new MemoryNode(), context: options = {}, address = (dev: DevNode) => dev.url }: SceneOptions = {}) {
      const dev = await serve({ dist, node })
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options })
      const page = await context.newPage()
      page.setDefaultTimeout(15_000)
      const { faults, strangers } = watch(page, dev.origin)
      await page.goto(address(dev))
      return {
        page,
        context,
        dev,
        node,
        faults,
        strangers,
        [Symbol.asyncDispose]: async () => {
          await context.close()
          await dev[Symbol.asyncDispose]()
        },
      }
    },
    [Symbol.asyncDispose]: async () => {
      await browser.close()
      await rm(dist, { recursive: true, force: true })
    },
  }
}

/** A node on which nothing was set up yet. */
export function newNode(): MemoryNode {
  const node = new MemoryNode({ filled: false })
  node.stage = "new"
  return node
}

export function lockedNode(): MemoryNode {
  const node = new MemoryNode()
  node.stage = "locked"
  return node
}
