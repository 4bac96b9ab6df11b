import { expectRecords } from "../cast/expect-records.ts"
import { scheduleOf } from "../cast/key-schedule.ts"
import { freshKind } from "../cast/kind.ts"
import { idOf } from "../cast/record.ts"
import { notify } from "../cast/tag.ts"
import type { Rule } from "../rule.ts"
import { expectEqual, fail, skip } from "../verdict.ts"
import { filter, kinds } from "../wire/filter.ts"

export const network: readonly Rule[] = [
  {
    id: "outbox-accepts",
    page: "network#outbox",
    level: "MUST",
    title: "A member's records are accepted, without authentication: they are known by their signature",
    async run(context) {
      const author = await context.member("outbox")
      const [anonymous, proved] = [await context.open(), await context.open(author.secret)]
      await anonymous.put(author.write())
      await proved.put(author.write())
    },
  },
  {
    id: "inbox-strangers",
    page: "network#inbox",
    level: "MUST",
    title: "Strangers' records that tag a member are accepted, and served to the member",
    async run(context) {
      const [member, stranger] = [await context.member("inbox"), context.stranger()]
      if (await context.access.isModerated()) skip(MODERATED)
      const record = stranger.write({ kind: freshKind(), tags: [notify(member.key)] })
      await (await context.open()).put(record)
      expectRecords((await (await context.open(member.secret)).get(idOf(record))).records, [record])
    },
  },
  {
    id: "inbox-open-reading",
    page: "network#inbox",
    level: "SHOULD",
    title: "Public records that tag a member are served to anybody",
    async run(context) {
      const [member, stranger] = [await context.member("inbox"), context.stranger()]
      if (await context.access.isModerated()) skip(MODERATED)
      const kind = freshKind()
      const record = stranger.write({ kind, tags: [notify(member.key)] })
      const peer = await context.open()
      await peer.put(record)
      expectRecords((await peer.query(filter(kinds(kind)))).records, [record])
    },
  },
  {
    id: "inbox-subkeys",
    page: "network#inbox",
    level: "SETTLED",
    title: "Strangers who sign with subkeys can write to a member: their Key Schedules are taken",
    async run(context) {
      const [member, stranger] = [await context.member("inbox"), context.stranger()]
      const peer = await context.open()
      await peer.put(scheduleOf(stranger), stranger.writeByDevice({ tags: [notify(member.key)] }))
    },
  },
  {
    id: "encryption-strangers",
    page: "network#encryption",
    level: "MUST",
    title: "Strangers' private records for a member are accepted, and only the member reads them",
    async run(context) {
      const [member, stranger] = [await context.member("encryption"), context.stranger()]
      const kind = freshKind("unique", "tagged")
      const record = stranger.write({ kind, tags: [notify(member.key)] })
      const anonymous = await context.open()
      await anonymous.put(record)
      expectRecords((await (await context.open(member.secret)).query(filter(kinds(kind)))).records, [record])
      expectRecords((await anonymous.query(filter(kinds(kind)))).records, [])
      expectRecords((await (await context.open(context.stranger().secret)).query(filter(kinds(kind)))).records, [])
    },
  },
  {
    id: "encryption-not-even-author",
    page: "network#encryption",
    level: "MUST",
    title: "A stranger who has written to a member cannot read it back: it goes to nobody but the recipient",
    async run(context) {
      if ((await context.isOpen()) && (await context.access.has("outbox"))) skip("the server is open: it is the stranger's outbox as well")
      if (!(await context.access.isEncryptionForCertain()))
        skip("an inbox server shows it to its author; say with --role encryption that the server is an encryption server")
      const [member, stranger] = [await context.member("encryption"), context.stranger()]
      const kind = freshKind("unique", "tagged")
      await (await context.open()).put(stranger.write({ kind, tags: [notify(member.key)] }))
      expectRecords((await (await context.open(stranger.secret)).query(filter(kinds(kind)))).records, [])
    },
  },
  {
    id: "strangers-refused",
    page: "network#server-roles",
    level: "SETTLED",
    title: "Strangers' records that concern no member are UNAUTHORIZED, whoever brings them",
    async run(context) {
      if (await context.isOpen()) skip("the server is open: there are no strangers")
      const [member, stranger] = [await context.member(), context.stranger()]
      for (const peer of [await context.open(), await context.open(stranger.secret), await context.open(member.secret)])
        expectEqual(await peer.submit(stranger.write()), "UNAUTHORIZED", "result")
    },
  },
  {
    id: "from-author-anonymous",
    page: "record#flag-byte-0",
    level: "SHOULD",
    title: "A record with FROM_AUTHOR from the anonymous gets REQUIRES_AUTHENTICATION",
    async run(context) {
      const author = await context.member("outbox")
      expectEqual(await (await context.open()).submit(author.write({ flags: FROM_AUTHOR })), "REQUIRES_AUTHENTICATION", "result")
    },
  },
  {
    id: "from-author-other",
    page: "record#flag-byte-0",
    level: "SHOULD",
    title: "A record with FROM_AUTHOR from another than its author is UNAUTHORIZED",
    async run(context) {
      const author = await context.member("outbox")
      const peer = await context.open(context.stranger().secret)
      expectEqual(await peer.submit(author.write({ flags: FROM_AUTHOR })), "UNAUTHORIZED", "result")
    },
  },
  {
    id: "from-author-author",
    page: "record#flag-byte-0",
    level: "MUST",
    title: "A record with FROM_AUTHOR from its author is accepted, and served to others",
    async run(context) {
      const author = await context.member("outbox")
      const record = author.write({ flags: FROM_AUTHOR })
      await (await context.open(author.secret)).put(record)
      expectRecords((await (await context.open()).get(idOf(record))).records, [record])
    },
  },
  {
    id: "from-author-device",
    page: "record#flag-byte-0",
    level: "SETTLED",
    title: "An active signing subkey may bring what is FROM_AUTHOR",
    async run(context) {
      if (!(await context.isOpen())) skip("it would need a key schedule of a member")
      const author = await context.member("outbox")
      const peer = await context.open(author.device)
      const result = await peer.submit(author.write({ flags: FROM_AUTHOR }))
      if (result === "ACCEPTED") fail("a key that no schedule lists may bring it")
      await peer.put(scheduleOf(author), author.write({ flags: FROM_AUTHOR }))
    },
  },
]

const MODERATED = "the server takes it and withholds it for now, as it may"
const FROM_AUTHOR = Uint8Array.of(0x04, 0, 0, 0, 0, 0, 0, 0)
