import {
  type BootstrapServer,
  type PublicKey,
  BLOG_POST,
  CHAT_MESSAGE,
  KEY_SCHEDULE,
  MICROBLOG_ROOT,
  REPLY_COMMENT,
  equalBytes,
  makeKind,
  notifyTag,
  replyTag,
  rootTag,
} from "@tessera/mosaic"
import { describe, expect, it } from "vitest"
import { KeyMap } from "../key-map.ts"
import { keyOf, write } from "../testing.test-suite.ts"
import type { RoutingFacts } from "./facts.ts"
import { type PublishPlan, planPublishing } from "./plan-publishing.ts"

const [ME, FRIEND, OTHER, NOBODY] = [1, 2, 3, 4]
const me = keyOf(ME)
const friend = keyOf(FRIEND)
const other = keyOf(OTHER)
const server = (number: number): PublicKey => keyOf(100 + number)
const LETTER = makeKind({ application: 0x7006_8b0c, number: 3, handling: "unique", readers: "tagged" })
const STATE = makeKind({ application: 0x7006_8b0c, number: 2, handling: "replaceable", readers: "author" })

const people = new KeyMap<readonly BootstrapServer[]>()
people.set(me, [
  { usage: 1, serverKey: server(1) },
  { usage: 7, serverKey: server(2) },
  { usage: 1, serverKey: server(3) },
  { usage: 1, serverKey: server(4) },
])
people.set(friend, [
  { usage: 1, serverKey: server(5) },
  { usage: 2, serverKey: server(2) },
  { usage: 6, serverKey: server(6) },
])
people.set(other, [{ usage: 3, serverKey: server(7) }])

const facts: RoutingFacts = {
  servers: (person) => people.get(person),
  urls: (key) => (equalBytes(key, server(7)) ? ["mosaic://192.0.2.7"] : ["mosaictcp://192.0.2.1"]),
  canDial: (url) => url.startsWith("mosaictcp:"),
}

const reached = ({ deliveries }: PublishPlan): number[] =>
  deliveries
    .map((delivery) => [1, 2, 3, 4, 5, 6, 7, 8].find((number) => equalBytes(server(number), delivery.server)) ?? 0)
    .sort((a, b) => a - b)

describe("planPublishing", () => {
  it.each([MICROBLOG_ROOT, BLOG_POST, KEY_SCHEDULE])("brings what is for everybody to the author's first three outboxes", (kind) => {
    expect(reached(planPublishing({ record: write(ME, { kind }) }, facts))).toEqual([1, 2, 3])
  })

  it("brings it to the inboxes of those tagged too, each server once, with all reasons", () => {
    const plan = planPublishing({ record: write(ME, { tags: [notifyTag(friend), notifyTag(friend)] }) }, facts)
    expect(reached(plan)).toEqual([1, 2, 3, 6])
    const shared = plan.deliveries.find((delivery) => equalBytes(delivery.server, server(2)))
    expect(shared?.reasons).toEqual([
      { role: "outbox", person: me },
      { role: "inbox", person: friend },
    ])
  })

  it("brings an answer to the inboxes of the author of what it answers", () => {
    const parent = write(FRIEND)
    const tags = (reference: typeof parent.id | typeof parent.address) => [
      replyTag(parent.kind, reference),
      rootTag(parent.kind, write(OTHER).address),
    ]
    expect(reached(planPublishing({ record: write(ME, { kind: REPLY_COMMENT, tags: tags(parent.address) }) }, facts))).toEqual([1, 2, 3, 6])
    const byId = write(ME, { kind: REPLY_COMMENT, tags: tags(parent.id) })
    expect(planPublishing({ record: byId }, facts)).toMatchObject({ unknownParent: parent.id })
    expect(reached(planPublishing({ record: byId, parentAuthor: friend }, facts))).toEqual([1, 2, 3, 6])
  })

  it("brings what is for those tagged to their encryption servers and nowhere else", () => {
    const record = write(ME, { kind: LETTER, tags: [notifyTag(friend)] })
    expect(reached(planPublishing({ record }, facts))).toEqual([6])
    expect(reached(planPublishing({ record, ownCopy: true }, facts))).toEqual([1, 2, 3, 6])
    const none = planPublishing({ record: write(ME, { kind: LETTER, tags: [notifyTag(other)] }) }, facts)
    expect(none).toEqual({ deliveries: [], undeliverable: [{ role: "encryption", person: other, reason: "noServer" }] })
  })

  it("brings what is for its author alone to their outboxes, whoever it tags", () => {
    expect(reached(planPublishing({ record: write(ME, { kind: STATE, tags: [notifyTag(friend)] }) }, facts))).toEqual([1, 2, 3])
  })

  it("brings a chat message to its room", () => {
    const wish = { record: write(ME, { kind: CHAT_MESSAGE }), chatServers: [server(8)] }
    expect(reached(planPublishing(wish, facts))).toEqual([8])
  })

  it("says whom it cannot reach", () => {
    const record = write(ME, { tags: [notifyTag(other), notifyTag(keyOf(NOBODY))] })
    expect(planPublishing({ record }, facts).undeliverable).toEqual([
      { role: "inbox", person: other, server: server(7), reason: "noTransport" },
      { role: "inbox", person: keyOf(NOBODY), reason: "unknown" },
    ])
  })
})
