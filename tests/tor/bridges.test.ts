import { join } from "node:path"
import { parseBridgeLine, startTor } from "@tessera/node/tor"
import { findTorPrograms } from "@tessera/testkit/tor"
import { expect, test } from "vitest"
import { torNetwork } from "./network.ts"
import { Echo, Folder, freshKey, statusOf } from "./rig.ts"

test("who is blocked is told so, and what was published stands in the network once there is a way", async () => {
  await using folder = await Folder.make()
  await using echo = await Echo.start()
  // Nobody listens there: as from behind a wall.
  const wall = parseBridgeLine("127.0.0.1:1")
  await using tor = startTor({
    folder: join(folder.path, "tor"),
    path: findTorPrograms()?.tor ?? "",
    extra: await torNetwork(),
    bridges: [wall],
    hasNetwork: () => true,
  })
  await using service = tor.publish({ key: freshKey(), port: 80, target: echo.target })
  expect(await statusOf(tor, ({ trouble }) => trouble !== undefined)).toMatchObject({ trouble: "blocked", reachable: false })

  tor.useBridges([])
  await service.whenReachable(AbortSignal.timeout(60_000))
  expect(tor.status).toEqual({ phase: "connected", progress: 100, reachable: true })
})
