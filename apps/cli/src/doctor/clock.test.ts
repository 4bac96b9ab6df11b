import { publicKeyOf } from "@tessera/mosaic"
import { expect, test } from "vitest"
import { examineServer } from "./server.ts"
import { all, codes, finding, newSecret, quick, TestServer } from "./test-server.test-suite.ts"

const AHEAD = [
  ["an hour ahead", 3_600_000],
  ["three days behind", -3 * 86_400_000],
  ["five seconds ahead", 5_000],
] as const

test.concurrent.each(AHEAD)("%s is found, by a passing record", async (_, ahead) => {
  await using server = await TestServer.start({ ahead })
  const url = ahead > 0 ? server.webSocket : server.tcp
  const clock = finding(await all(examineServer({ urls: [url] }, quick())), "clock-wrong")
  const [leastMilliseconds, mostMilliseconds] = [Number(clock?.facts?.["leastMilliseconds"]), Number(clock?.facts?.["mostMilliseconds"])]
  expect(leastMilliseconds).toBeLessThanOrEqual(ahead)
  expect(mostMilliseconds).toBeGreaterThanOrEqual(ahead)
  // A tenth of what it is off, and what this machine takes.
  expect(mostMilliseconds - leastMilliseconds).toBeLessThan(Math.abs(ahead) / 10 + 2_000)
  expect(clock?.text).toContain(ahead > 0 ? "ahead" : "behind")
})

test("of a server of members: in the member's name, else by the Date of HTTP, else not at all", async () => {
  const member = newSecret()
  await using server = await TestServer.start({ ahead: 60_000, members: [publicKeyOf(member)] })
  expect(codes(await all(examineServer({ urls: [server.tcp] }, quick({ as: member }))))).toContain("clock-wrong")
  expect(codes(await all(examineServer({ urls: [server.tcp] }, quick())))).toContain("clock-unknown")
  const byDate = finding(await all(examineServer({ urls: [server.webSocket] }, quick())), "clock-right")
  expect(byDate?.text).toContain("Date")
})
