import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { startTor } from "@tessera/node/tor"
import { findTorPrograms } from "@tessera/testkit/tor"
import { expect, test } from "vitest"
import { torNetwork } from "./network.ts"
import { Folder, statusOf } from "./rig.ts"

const OFFSETS = ["-3h", "+3h", "-30d"]

test.each(OFFSETS)("a clock that is off by %s is what is said to be wrong", async (offset) => {
  await using folder = await Folder.make()
  const tor = join(folder.path, "tor-with-another-clock")
  await writeFile(tor, `#!/bin/sh\nexec faketime -f ${offset} ${findTorPrograms()?.tor} "$@"\n`, { mode: 0o755 })
  await using provider = startTor({ folder: join(folder.path, "tor"), path: tor, extra: await torNetwork() })
  const status = await statusOf(provider, ({ trouble }) => trouble !== undefined)
  expect(status.trouble).toBe("clock")
})
