import { build } from "esbuild"
import { runInNewContext } from "node:vm"
import { expect, it } from "vitest"

/** What browsers and workers have, and no more. */
const BROWSER = {
  AbortController,
  AbortSignal,
  MessageChannel,
  TextDecoder,
  TextEncoder,
  URL,
  WebAssembly,
  clearTimeout,
  performance,
  // As browsers do: a number.
  setTimeout: (callback: () => void, milliseconds: number) => Number(setTimeout(callback, milliseconds)),
}

it("needs nothing of Node, and waits and takes turns in a browser too", async () => {
  const contents = `
    import { MosaicClient } from "./index.ts"
    import { realSleep } from "./connection/sleep.ts"
    import { yieldTurn } from "./connection/turn.ts"
    export const run = async () => {
      await using client = new MosaicClient({ discovery: { lookupUser: async () => undefined, lookupServer: async () => undefined }, dialers: [] })
      await yieldTurn()
      await realSleep(1, new AbortController().signal)
      for await (const item of client.read({ authors: [] })) void item
      return "done"
    }`
  const stdin = { contents, resolveDir: import.meta.dirname, loader: "ts" } as const
  // Without a platform's own modules a "node:" import fails here.
  const { outputFiles } = await build({
    stdin,
    bundle: true,
    platform: "browser",
    format: "iife",
    globalName: "bundle",
    target: "es2022",
    write: false,
  })
  const run = runInNewContext(`${outputFiles[0]?.text ?? ""}; bundle.run()`, { ...BROWSER }) as Promise<string>
  expect(await run).toBe("done")
})
