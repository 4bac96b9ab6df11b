import type { Person } from "../cast/person.ts"
import { expectRecords } from "../cast/expect-records.ts"
import { freshKind } from "../cast/kind.ts"
import { idOf } from "../cast/record.ts"
import { scheduleOf } from "../cast/key-schedule.ts"
import { notify, userMention } from "../cast/tag.ts"
import type { Context } from "../context.ts"
import type { Rule } from "../rule.ts"
import { fail, skip } from "../verdict.ts"
import { authors, filter, kinds } from "../wire/filter.ts"
import type { Peer } from "../wire/peer.ts"

const page = "kind"

/** Which of three ways lead to a record. */
async function waysTo(peer: Peer, record: Uint8Array, kind: bigint): Promise<string> {
  const ways: string[] = []
  if ((await peer.get(idOf(record))).records.length > 0) ways.push("Get")
  if ((await peer.query(filter(kinds(kind)))).records.length > 0) ways.push("Query")
  if ((await peer.subscribe(filter(kinds(kind)))).stored.length > 0) ways.push("Subscribe")
  return ways.join(", ")
}

/** A record that not everybody may read, stored: of a member, or, where the server is nobody's outbox, for a member. */
async function storePrivate(context: Context, readers: "author" | "tagged", tags: (others: readonly Person[]) => Uint8Array[] = () => []) {
  const isFor = tags === tagTheOther && readers === "tagged" && !(await context.access.has("outbox"))
  const author = isFor ? context.stranger() : await context.member("outbox")
  const tagged = isFor ? await context.member("encryption") : context.stranger()
  const kind = freshKind("unique", readers)
  const record = author.write({ kind, tags: tags([tagged]) })
  const bringing = await context.open()
  await bringing.put(record)
  return { author, tagged, kind, record }
}

const ALL_WAYS = "Get, Query, Subscribe"

function rights(
  id: string,
  title: string,
  readers: "author" | "tagged",
  expected: "all" | "none",
  as: (people: { readonly author: Person; readonly tagged: Person }, context: Context) => Person | undefined,
  tags?: (others: readonly Person[]) => Uint8Array[],
): Rule {
  return {
    id,
    page,
    level: "MUST",
    title,
    async run(context) {
      const { author, tagged, kind, record } = await storePrivate(context, readers, tags)
      const reader = await context.open(as({ author, tagged }, context)?.secret)
      const ways = await waysTo(reader, record, kind)
      if (expected === "none" && ways !== "") fail(`${ways} brought it`)
      if (expected === "all" && ways !== ALL_WAYS) fail(`only ${ways || "nothing"} brought it`)
    },
  }
}

const tagTheOther = ([other]: readonly Person[]): Uint8Array[] => (other === undefined ? [] : [notify(other.key)])
const mentionTheOther = ([other]: readonly Person[]): Uint8Array[] => (other === undefined ? [] : [userMention(other.key)])

export const readingRights: readonly Rule[] = [
  rights("author-only-anonymous", "Author Only records are not served to the anonymous", "author", "none", () => undefined),
  rights("author-only-others", "Author Only records are not served to others", "author", "none", (_, context) => context.stranger()),
  rights("author-only-author", "Author Only records are served to their author", "author", "all", ({ author }) => author),
  rights(
    "author-only-tagged",
    "A Notify tag on an Author Only record gives no right to read it",
    "author",
    "none",
    ({ tagged }) => tagged,
    tagTheOther,
  ),
  rights("tagged-anonymous", "Author + Tagged records are not served to the anonymous", "tagged", "none", () => undefined, tagTheOther),
  rights(
    "tagged-others",
    "Author + Tagged records are not served to others",
    "tagged",
    "none",
    (_, context) => context.stranger(),
    tagTheOther,
  ),
  rights("tagged-author", "Author + Tagged records are served to their author", "tagged", "all", ({ author }) => author),
  rights(
    "tagged-tagged",
    "Author + Tagged records are served to those whom a Notify tag names",
    "tagged",
    "all",
    ({ tagged }) => tagged,
    tagTheOther,
  ),
  rights("tagged-mentioned", "A mention in the text gives no right to read", "tagged", "none", ({ tagged }) => tagged, mentionTheOther),
  {
    id: "private-live",
    page,
    level: "MUST",
    title: "What comes in reaches only those subscribers who may read it",
    async run(context) {
      const isOutbox = await context.access.has("outbox")
      const author = isOutbox ? await context.member("outbox") : context.stranger()
      const tagged = isOutbox ? context.stranger() : await context.member("encryption")
      const kind = freshKind("unique", "tagged")
      const bytes = filter(kinds(kind))
      const [anonymous, other, addressee] = [
        await context.open(),
        await context.open(context.stranger().secret),
        await context.open(tagged.secret),
      ]
      const subscribed = await addressee.subscribe(bytes)
      await anonymous.subscribe(bytes)
      await other.subscribe(bytes)
      const record = author.write({ kind, tags: [notify(tagged.key)] })
      await (await context.open()).put(record)
      expectRecords([await addressee.live(subscribed)], [record])
      await anonymous.expectNothing("an anonymous subscriber got")
      await other.expectNothing("another subscriber got")
    },
  },
  {
    id: "private-limit",
    page: "messages#query",
    level: "SETTLED",
    title: "LIMIT counts what is sent, not what may not be read",
    async run(context) {
      const author = await context.member("outbox")
      const [hidden, shown] = [freshKind("unique", "author"), freshKind()]
      const peer = await context.open()
      const records = [shown, shown, hidden, hidden, hidden].map((kind) => author.write({ kind }))
      await peer.put(...records)
      expectRecords((await peer.query(filter(kinds(shown, hidden)), 2)).records, records.slice(0, 2).toReversed(), records)
    },
  },
  {
    id: "private-ephemeral",
    page: "messages#result-codes",
    level: "MUST",
    title: "An ephemeral record that no subscriber may read has no consumers",
    async run(context) {
      const author = await context.member("outbox")
      const kind = freshKind("ephemeral", "author")
      const peer = await context.open()
      await peer.subscribe(filter(kinds(kind)))
      const result = await peer.submit(author.write({ kind }))
      if (result !== "NO_CONSUMERS") fail(`it gets ${result}`)
      await peer.expectNothing("it came")
    },
  },
  {
    id: "subkey-reads",
    page: "identity#master-keys-and-subkeys",
    level: "SETTLED",
    title: "An authenticated active signing subkey reads what its master may read",
    async run(context) {
      if (!(await context.isOpen())) skip("it would need a key schedule of a member")
      const author = await context.member("outbox")
      const kind = freshKind("unique", "author")
      const record = author.write({ kind })
      const bringing = await context.open()
      await bringing.put(record)
      const before = await context.open(author.device)
      expectRecords((await before.query(filter(kinds(kind), authors(author.key)))).records, [])
      await bringing.put(scheduleOf(author))
      const after = await context.open(author.device)
      expectRecords((await after.query(filter(kinds(kind), authors(author.key)))).records, [record])
    },
  },
  {
    id: "everybody-anonymous",
    page: "network#outbox",
    level: "MUST",
    title: "Public records are delivered to anybody without authentication",
    async run(context) {
      const author = await context.member("outbox")
      const kind = freshKind()
      const record = author.write({ kind })
      await (await context.open()).put(record)
      const ways = await waysTo(await context.open(), record, kind)
      if (ways !== ALL_WAYS) fail(`only ${ways || "nothing"} brought it`)
    },
  },
]
