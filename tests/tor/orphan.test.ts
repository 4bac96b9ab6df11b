import { spawn } from "node:child_process"
import { once } from "node:events"
import { setTimeout as delay } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { findTorPrograms } from "@tessera/testkit/tor"
import { expect, test } from "vitest"
import { torNetwork } from "./network.ts"
import { Folder, torProcessIn } from "./rig.ts"

const program = fileURLToPath(new URL("orphan.ts", import.meta.url))

test.each([
  ["at once", 0],
  ["once tor has begun", 5],
  ["once it is connected", 100],
])("a tor whose node is killed ends as well: %s", { timeout: 60_000 }, async (_when, progress) => {
  await using folder = await Folder.make()
  const words = [program, folder.path, findTorPrograms()?.tor ?? "", ...(await torNetwork())]
  const node = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] })
  try {
    for (let told = -1; told < progress && progress > 0;) {
      const [bytes] = (await once(node.stdout, "data")) as [Buffer]
      told = Number(String(bytes).trim().split("\n").at(-1))
    }
    while ((await torProcessIn(`${folder.path}/run-`.slice(0, -5))) === undefined) await delay(5)
  } finally {
    node.kill("SIGKILL")
  }
  await once(node, "exit")
  // Tor sees its control connection end; before there is one, it looks for its owner every 15 seconds.
  const begun = performance.now()
  while ((await torProcessIn(folder.path)) !== undefined) await delay(20)
  expect(performance.now() - begun).toBeLessThan(progress === 0 ? 20_000 : 2_000)
})
