import { publicKeyOf } from "@tessera/mosaic"
import type { Role } from "@tessera/mosaic-server"
import { expect, test } from "vitest"
import { examineServer } from "./server.ts"
import { all, codes, newSecret, quick, TestServer, wrong } from "./test-server.test-suite.ts"

/** What is found of a server of one member in these roles: asked by a stranger, for the member, and by the member. */
const CASES: readonly (readonly [roles: readonly Role[], forMember: readonly string[], byMember: string])[] = [
  [["outbox"], ["no-inbox", "no-encryption"], "outbox"],
  [["inbox"], ["inbox", "encryption"], "no-outbox"],
  [["encryption"], ["no-inbox", "encryption"], "no-outbox"],
  [["outbox", "inbox", "encryption"], ["inbox", "encryption"], "outbox"],
]

test.concurrent.each(CASES)("roles %j of a server of members", async (roles, forMember, byMember) => {
  const secret = newSecret()
  const member = publicKeyOf(secret)
  await using server = await TestServer.start({ members: [member], roles })
  const of = (codesSeen: readonly string[]): string[] =>
    codesSeen.filter((code) => /^(no-)?(inbox|outbox|encryption)$|untold|refused/.test(code))
  const stranger = await all(examineServer({ urls: [server.tcp] }, quick()))
  expect(of(codes(stranger))).toEqual(["strangers-refused", "roles-untold"])
  const named = await all(examineServer({ urls: [server.tcp] }, quick({ member })))
  expect(of(codes(named))).toEqual(["strangers-refused", ...forMember, "outbox-untold"])
  const proved = await all(examineServer({ urls: [server.tcp] }, quick({ as: secret })))
  expect(of(codes(proved))).toEqual(["strangers-refused", ...forMember, byMember])
  expect([...wrong(stranger), ...wrong(named), ...wrong(proved)]).toEqual([])
  // Nothing stays: not even the member finds a record.
  expect(codes(proved)).toContain("member-records")
  expect(proved.find(({ code }) => code === "member-records")?.facts).toMatchObject({ written: { records: 0 }, received: { records: 0 } })
})
