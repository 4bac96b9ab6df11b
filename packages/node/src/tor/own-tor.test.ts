import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseSecretKey } from "@tessera/mosaic"
import { afterEach, beforeEach, expect, test } from "vitest"
import { startTor } from "./own-tor.ts"
import type { TorProvider } from "./port.ts"
import type { TorTrouble } from "./status.ts"

let folder = ""
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tessera-own-tor-"))
})
afterEach(async () => rm(folder, { recursive: true }))

const troubled = (tor: TorProvider, trouble: TorTrouble): Promise<void> =>
  new Promise((resolve) => {
    const look = (): void => {
      if (tor.status.trouble === trouble) resolve()
    }
    tor.onStatus(look)
    look()
  })

const request = { host: "x.onion", port: 80, isolation: "x" }
const key = parseSecretKey(new Uint8Array(32).fill(1))

test("without any tor, nothing waits: the status says what to install, and a dial what is missing", async () => {
  await using tor = startTor({ folder: join(folder, "tor"), path: join(folder, "missing") })
  const service = tor.publish({ key, port: 80, target: { port: 4242 } })
  await troubled(tor, "no-tor")
  expect(tor.status).toMatchObject({ phase: "off", reachable: false, reason: expect.stringContaining("Please install tor") as string })
  expect(await tor.dial({ ...request, signal: AbortSignal.timeout(1_000) })).toMatchObject({ ok: false, code: "no-tor" })
  await service[Symbol.asyncDispose]()
})

test("a tor that ends at once is started again and again, and said not to run", async () => {
  const path = join(folder, "tor-that-ends")
  const starts = join(folder, "starts")
  const script = `#!/bin/sh\nif [ "$1" = --version ]; then echo "Tor version 0.4.9.11."; else echo x >> ${starts}; echo "[err] 192.0.2.1 is odd"; exit 1; fi\n`
  await writeFile(path, script, { mode: 0o755 })
  const log: string[] = []
  await using tor = startTor({ folder: join(folder, "tor"), path, onLog: (line) => log.push(line) })
  await troubled(tor, "does-not-run")
  expect(log).toContain("[err] … is odd")
  expect(log).toContain("tor did not come up: tor ended")
  // No run leaves its folder behind.
  expect(await readdir(join(folder, "tor"))).toEqual(["data"])
})

test("what cannot be published or asked for is the caller's mistake", async () => {
  await using tor = startTor({ folder: join(folder, "tor"), path: join(folder, "missing") })
  const good = { key, port: 80, target: { port: 4242 } }
  const wrong = [{ port: 0 }, { target: { port: 0 } }, { target: { path: "/with space" } }, { target: { path: `/${"x".repeat(200)}` } }]
  for (const part of [...wrong, { clients: [new Uint8Array(31)] }]) expect(() => tor.publish({ ...good, ...part })).toThrow(RangeError)
  const service = tor.publish(good)
  expect(() => tor.publish(good)).toThrow("published already")
  expect(() => tor.authorize(service.address, new Uint8Array(31))).toThrow(RangeError)
  await service[Symbol.asyncDispose]()
  tor.publish(good)
  await expect(tor.dial({ ...request, host: "a b", signal: AbortSignal.timeout(1_000) })).rejects.toThrow(RangeError)
  const reason = new Error("enough")
  await expect(tor.dial({ ...request, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
})
