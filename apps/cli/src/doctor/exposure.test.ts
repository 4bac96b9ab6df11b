import { makeKind, notifyTag, publicKeyOf } from "@tessera/mosaic"
import { expect, test } from "vitest"
import { judgeExposure, type Shown, Traces } from "./exposure.ts"
import { examineServer } from "./server.ts"
import { all, codes, finding, newSecret, quick, TestServer, write, wrong } from "./test-server.test-suite.ts"

const member = newSecret()
const key = publicKeyOf(member)
const other = newSecret()
const friend = publicKeyOf(other)
const PRIVATE = makeKind({ application: 99, number: 1, handling: "unique", readers: "author" })
const SEALED = makeKind({ application: 99, number: 2, handling: "unique", readers: "tagged" })

test("what a host knows of a member is told by what it shows to them and to strangers", async () => {
  await using server = await TestServer.start({ members: [key] })
  const records = [
    write(member),
    write(member, { tags: [notifyTag(friend)] }),
    write(member, { kind: PRIVATE }),
    write(other, { tags: [notifyTag(key)] }),
    write(other, { kind: SEALED, tags: [notifyTag(key)] }),
  ]
  for (const record of records) expect(await server.server.submit(record)).toMatchObject({ code: 2 })
  const own = await all(examineServer({ urls: [server.webSocket] }, quick({ as: member })))
  expect(wrong(own)).toEqual([])
  expect(finding(own, "member-records")?.facts).toMatchObject({
    written: { records: 3, isAll: true, readers: { everybody: 2, tagged: 0, author: 1 } },
    received: { records: 2, readers: { everybody: 1, tagged: 1, author: 0 } },
  })
  expect(finding(own, "member-kinds")?.text).toContain("2 × note")
  expect(finding(own, "member-people")?.facts).toEqual({ named: 1, writers: 1 })
  expect(finding(own, "member-sealed")?.facts).toEqual({ sealed: 2 })
  expect(codes(own)).toContain("host-also-sees")
  const stranger = await all(examineServer({ urls: [server.webSocket] }, quick({ member: key })))
  expect(finding(stranger, "member-records")?.facts).toMatchObject({ written: { records: 2 }, received: { records: 1 } })
  expect(codes(stranger)).not.toContain("member-sealed")
})

const traces = (...records: readonly ReturnType<typeof write>[]): Traces => {
  const made = new Traces()
  for (const record of records) made.add(record)
  return made
}
const shown = (written: Traces, received = new Traces()): Shown => ({ written, received })

test("a server that shows strangers what is not theirs, or keeps from them what is, is told", () => {
  const [note, secret] = [write(member), write(member, { kind: PRIVATE })]
  const own = shown(traces(note, secret))
  expect(wrong(judgeExposure(key, shown(traces(note)), own))).toEqual([])
  expect(wrong(judgeExposure(key, shown(traces(note, secret)), own))).toEqual(["leak"])
  expect(wrong(judgeExposure(key, shown(traces()), own))).toEqual(["withheld"])
  expect(wrong(judgeExposure(key, shown(traces(), traces(write(other, { kind: SEALED, tags: [notifyTag(key)] }))), undefined))).toEqual([
    "leak",
  ])
})

test("devices are counted by the keys that signed", () => {
  const found = judgeExposure(
    key,
    shown(traces(write(member), write(member, { signer: other }), write(member, { signer: other }))),
    undefined,
  )
  expect(finding(found, "member-keys")?.text).toContain("the master key and 1 device key")
})
