import { ADMISSION, type Admission, type VerifiedRecord, buildAdmission, encodeAdmission, resultName } from "@tessera/mosaic"
import { expect, it } from "vitest"
import { HostBook } from "../hosting/host-book.ts"
import { NOON, later, persona, schedule, write } from "../testing/personas.test-suite.ts"
import { Rig } from "../testing/rig.test-suite.ts"
import { type AdmissionMode, admissionPolicy } from "./admission.ts"
import { anyOf } from "./any-of.ts"
import { rolesPolicy } from "./roles.ts"

const [ann, bob] = [persona(1), persona(2)]
const server = persona(200)

class Host extends Rig {
  readonly book: HostBook

  constructor(mode: AdmissionMode) {
    const book = new HostBook({ save: async () => {}, now: () => NOON })
    const { members } = book
    const policy = anyOf(
      admissionPolicy({ mode, serverKey: server.key, members, desk: book, now: () => NOON }),
      rolesPolicy({ roles: new Set(["outbox"]), members }),
    )
    super({ policy })
    this.book = book
  }

  /** Over a connection of its own, anonymous: who asks is told by the record. */
  async submit(record: VerifiedRecord): Promise<string> {
    const peer = await this.connect()
    const [answer] = await peer.ask({ type: "submission", record: record.bytes }, "submissionResult")
    await peer.channel.close()
    return answer?.type === "submissionResult" ? resultName(answer.result) : "nothing"
  }

  ask(who: typeof ann, way: Admission["way"], text: string, changes: Partial<Parameters<typeof buildAdmission>[0]> = {}): Promise<string> {
    return this.submit(buildAdmission({ master: who.secret, server: server.key, way, text, timestamp: NOON, ...changes }))
  }
}

it("lets a stranger ask, and be a member when the owner says yes", async () => {
  await using host = new Host("request")
  expect([await host.ask(ann, "request", "Ann, from the choir"), await host.submit(write(ann))]).toEqual(["ACCEPTED", "UNAUTHORIZED"])
  expect(host.book.requests).toEqual([{ key: ann.key, text: "Ann, from the choir", at: NOON }])
  expect(await host.ask(ann, "request", "it is me, Ann")).toBe("ACCEPTED")
  expect(host.book.requests).toMatchObject([{ text: "it is me, Ann" }])
  expect(await host.book.acceptRequest(ann.key)).toBe(true)
  expect([await host.ask(ann, "request", "am I in?"), await host.submit(write(ann)), host.book.requests]).toEqual([
    "SUCCESS",
    "ACCEPTED",
    [],
  ])
})

it("makes members by codes, as often as each is good", async () => {
  await using host = new Host("invite")
  await host.book.addInvite({ code: "good", uses: 1, until: undefined })
  await host.book.addInvite({ code: "ended", uses: 5, until: NOON })
  await host.book.addInvite({ code: "two", uses: 2, until: later(60) })
  expect([await host.ask(ann, "invite", "wrong"), await host.ask(ann, "invite", "ended")]).toEqual(["UNAUTHORIZED", "UNAUTHORIZED"])
  expect([await host.ask(ann, "invite", "good"), await host.ask(ann, "invite", "good"), await host.ask(bob, "invite", "good")]).toEqual([
    "SUCCESS",
    "SUCCESS",
    "UNAUTHORIZED",
  ])
  expect(await host.submit(write(ann))).toBe("ACCEPTED")
  // Who is a member already uses nothing up.
  expect([await host.ask(ann, "invite", "two"), host.book.invites]).toMatchObject(["SUCCESS", [{ code: "two", uses: 2 }]])
  const both = await Promise.all([bob, persona(3), persona(4)].map((who) => host.ask(who, "invite", "two")))
  expect(both.toSorted()).toEqual(["SUCCESS", "SUCCESS", "UNAUTHORIZED"])
})

it.each([
  ["closed", "UNAUTHORIZED", "UNAUTHORIZED"],
  ["invite", "UNAUTHORIZED", "SUCCESS"],
  ["request", "ACCEPTED", "SUCCESS"],
] as const)("is %s: a request is %s, a good code %s", async (mode, request, invite) => {
  await using host = new Host(mode)
  await host.book.addInvite({ code: "good", uses: 1, until: undefined })
  expect([await host.ask(ann, "request", ""), await host.ask(bob, "invite", "good")]).toEqual([request, invite])
})

it("takes no admission that is another's, old, to another server, or malformed, and stores none", async () => {
  await using host = new Host("request")
  expect(await host.submit(schedule(ann))).toBe("UNAUTHORIZED")
  const bySubkey = write(ann, {
    kind: ADMISSION,
    signer: ann.device,
    payload: encodeAdmission({ server: server.key, way: "request", text: "" }),
  })
  await host.store.put([schedule(ann)])
  expect([
    await host.submit(bySubkey),
    await host.ask(ann, "request", "", { server: bob.key }),
    await host.ask(ann, "request", "", { timestamp: later(-3_601) }),
    await host.ask(ann, "request", "", { timestamp: later(3_601) }),
    await host.submit(write(ann, { kind: ADMISSION, payload: new Uint8Array(5) })),
  ]).toEqual(["UNAUTHORIZED", "INVALID", "INVALID", "INVALID", "INVALID"])
  expect(await host.ask(ann, "request", "hello")).toBe("ACCEPTED")
  expect((await host.store.query({ kinds: [ADMISSION] }, { limit: 10 })).records).toEqual([])
  expect(host.book.requests).toHaveLength(1)
})

it("bounds how many ask, in number and in time", async () => {
  await using host = new Host("request")
  const answers: string[] = []
  for (let seed = 3; seed < 108; seed += 1) answers.push(await host.ask(persona(seed), "request", ""))
  expect([answers.filter((each) => each === "ACCEPTED").length, answers.at(-1)]).toEqual([100, "TOO_FAST"])
})
