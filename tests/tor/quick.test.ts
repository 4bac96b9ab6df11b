import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { findTorPrograms } from "@tessera/testkit/tor"
import { beforeAll, expect, test } from "vitest"
import { hasTor, torNetwork } from "./network.ts"

let lines: readonly string[] = []
beforeAll(async () => {
  if (hasTor()) lines = await torNetwork()
}, 120_000)

test.skipIf(!hasTor())("a tor of this machine joins the private network", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tessera-tor-"))
  const empty = join(folder, "empty")
  await writeFile(empty, "")
  const tor = spawn(findTorPrograms()?.tor ?? "", ["-f", "-", "--defaults-torrc", empty], { stdio: ["pipe", "pipe", "inherit"] })
  const ended = once(tor, "exit")
  tor.stdin.end(
    [...lines, "SocksPort 0", `DataDirectory ${folder}`, `__OwningControllerProcess ${process.pid}`, "Log notice stdout"].join("\n"),
  )
  let log = ""
  for await (const chunk of tor.stdout) {
    log += String(chunk)
    if (log.includes("Bootstrapped 100%")) break
  }
  tor.kill("SIGKILL")
  await ended
  await rm(folder, { recursive: true, force: true })
  expect(log).toContain("Bootstrapped 100%")
})
