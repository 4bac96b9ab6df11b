import { randomBytes } from "node:crypto"
import { parseSecretKey, publicKeyOf } from "@tessera/mosaic"
import { MemberList } from "@tessera/mosaic-server"
import { expect, test } from "vitest"
import type { Role } from "./access.ts"
import { type RuleResult, runConformance } from "./run.ts"
import type { Target } from "./target.ts"
import { BrokenServer, type Fault } from "./testing/broken-server.test-suite.ts"

const secret = parseSecretKey(randomBytes(32))

/** Servers that keep every rule that applies to them, and how many of the others are passed over at most. */
const SERVERS: readonly (readonly [
  roles: readonly Role[],
  members: "everybody" | "one",
  pages: string,
  least: number,
  mostSkipped: number,
])[] = [
  [["outbox"], "one", "", 180, 45],
  [["inbox"], "one", "", 180, 30],
  [["encryption"], "one", "", 60, 179],
  [["inbox", "encryption"], "one", "kind", 14, 18],
  [["inbox"], "everybody", "kind", 14, 18],
  [["encryption"], "everybody", "kind", 4, 30],
  [["inbox"], "everybody", "network", 3, 6],
  [["encryption"], "everybody", "network", 1, 8],
]

async function run(target: Target, only = ""): Promise<RuleResult[]> {
  const results: RuleResult[] = []
  for await (const result of runConformance({ target, only, answerMs: 3_000 })) results.push(result)
  return results
}

const notKept = (results: readonly RuleResult[]) => results.filter(({ outcome }) => outcome === "failed" || outcome === "differs")

test.concurrent.each(SERVERS)(
  "a server of the roles %j for %s is found to break nothing: %s",
  async (roles, whom, only, least, mostSkipped) => {
    const members = whom === "one" ? new MemberList([publicKeyOf(secret)]) : "everybody"
    await using server = await BrokenServer.start(undefined, undefined, { roles: new Set(roles), members })
    const results = await run({ ...server.target, members: whom === "one" ? [secret] : [] }, only)
    expect(notKept(results)).toEqual([])
    expect(results.filter(({ outcome }) => outcome === "skipped").length).toBeLessThanOrEqual(mostSkipped)
    expect(results.filter(({ outcome }) => outcome === "ok").length).toBeGreaterThanOrEqual(least)
  },
)

test("a server that is said to have a role, and has not, is found", async () => {
  const members = new MemberList([publicKeyOf(secret)])
  await using server = await BrokenServer.start(undefined, undefined, { roles: new Set(["outbox"]), members })
  const said = await run({ ...server.target, members: [secret], roles: new Set(["outbox", "inbox", "encryption"]) }, "network")
  expect(notKept(said).map(({ id }) => id)).toEqual(expect.arrayContaining(["inbox-strangers", "encryption-strangers"]))
  const truth = await run({ ...server.target, members: [secret], roles: new Set(["outbox"]) }, "network")
  expect(notKept(truth)).toEqual([])
})

test("an encryption server that shows a record to its author is found, once it is said to be one", async () => {
  const serves = { roles: new Set<Role>(["outbox", "inbox"]), members: new MemberList([publicKeyOf(secret)]) }
  await using server = await BrokenServer.start((): Fault => ({}), undefined, serves)
  const roles = new Set<Role>(["outbox", "inbox", "encryption"])
  const said = await run({ ...server.target, members: [secret], roles }, "encryption-not-even-author")
  expect(said.map(({ outcome }) => outcome)).toEqual(["failed"])
  const unsaid = await run({ ...server.target, members: [secret] }, "encryption-not-even-author")
  expect(unsaid.map(({ outcome }) => outcome)).toEqual(["skipped"])
})
