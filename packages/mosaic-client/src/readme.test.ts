import { formatServerKey, formatUserKey } from "@tessera/mosaic"
import { createServer, openMemoryStore, rolesPolicy } from "@tessera/mosaic-server"
import { listenTcp } from "@tessera/mosaic-server/tcp"
import { execFile } from "node:child_process"
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { expect, it } from "vitest"
import { NOON, keyOf, secretOf, write } from "./testing.test-suite.ts"

it("the example of the README reads from a real server", async () => {
  const text = await readFile(new URL("../README.md", import.meta.url), "utf8")
  const code = /```ts\n([\s\S]*?)```/u.exec(text)?.[1] ?? ""
  expect(code.split("\n").length).toBeLessThanOrEqual(24)
  await using store = openMemoryStore({ now: () => NOON })
  const policy = rolesPolicy({ roles: new Set(["outbox"]), members: "everybody" })
  await using server = createServer({ store, serverKey: keyOf(101), policy, now: () => NOON })
  const listener = await listenTcp({ server, secretKey: secretOf(101), host: "127.0.0.1", port: 0 })
  await server.submit(write(1, { text: "Good morning" }))
  const dist = new URL("../dist", import.meta.url).pathname
  await mkdir(dist, { recursive: true })
  const folder = await mkdtemp(join(dist, "readme-"))
  try {
    const program = code
      .replace("mopub0…", formatUserKey(keyOf(1)))
      .replace("mosrv0…", formatServerKey(keyOf(101)))
      .replace("127.0.0.1:1320", `127.0.0.1:${listener.port}`)
    await writeFile(join(folder, "example.ts"), program)
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder, "example.ts")], { timeout: 20_000 })
    expect(stdout).toBe("Good morning\n")
  } finally {
    await rm(folder, { recursive: true })
    await listener.close()
  }
})
