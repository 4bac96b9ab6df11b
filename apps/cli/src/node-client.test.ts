import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, test, vi } from "vitest"
import { askSocket } from "./node-client.ts"

test.skipIf(process.getuid === undefined)("says nothing to a socket that another user of the machine put there", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tessera-test-"))
  const path = join(folder, "control.sock")
  const heard: string[] = []
  const server = createServer((request, response) => {
    heard.push(String(request.url))
    response.end('{"stage":"open"}')
  })
  try {
    await expect(askSocket(path, "GET", "/api/state", undefined)).rejects.toMatchObject({ code: "notRunning" })
    await once(server.listen(path), "listening")
    expect(await askSocket(path, "GET", "/api/state", undefined)).toEqual({ stage: "open" })
    vi.spyOn(process, "getuid").mockReturnValue((process.getuid?.() ?? 0) + 1)
    await expect(askSocket(path, "POST", "/api/notes", { text: "secret" })).rejects.toMatchObject({ code: "notYours" })
    expect(heard).toEqual(["/api/state"])
  } finally {
    vi.restoreAllMocks()
    server.close()
    server.closeAllConnections()
    await rm(folder, { recursive: true, force: true })
  }
})
