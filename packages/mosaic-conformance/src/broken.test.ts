import { concatBytes, resultName } from "@tessera/mosaic"
import { expect, test } from "vitest"
import { type Outcome, runConformance } from "./run.ts"
import { RULES } from "./rules.ts"
import { BrokenServer, type Fault, type FaultyTls } from "./testing/broken-server.test-suite.ts"
import { u16, u24 } from "./wire/bytes.ts"
import * as message from "./wire/message.ts"
import { TYPE } from "./wire/type.ts"

/** How one rule ends with a server that has a fault. */
async function outcomeOf(id: string, makeFault?: () => Fault, tls?: FaultyTls): Promise<Outcome | undefined> {
  await using server = await BrokenServer.start(makeFault, tls)
  const rules = RULES.filter((rule) => rule.id === id)
  for await (const { outcome } of runConformance({ target: server.target, rules, answerMs: 400 })) return outcome
  return undefined
}

const isQuery = (bytes: Uint8Array): boolean => bytes[0] === TYPE.QUERY || bytes[0] === TYPE.SUBSCRIBE
/** Changes bytes at a place of the messages of a type that the server sends. */
const overwrite =
  (type: number, at: number, ...bytes: number[]) =>
  (): Fault => ({
    fromServer: (sent) => {
      if (sent[0] === type) sent.set(bytes, at)
      return [sent]
    },
  })
/** Says another result than the one it should. */
const instead = (type: number, at: number, wrong: string, said: number) => (): Fault => ({
  fromServer: (sent) => {
    if (sent[0] === type && resultName(sent[at] ?? 0) === wrong) sent[at] = said
    return [sent]
  },
})
/** Does not look at elements of a type. */
const ignoresElement = (element: number) => (): Fault => ({ fromClient: (sent) => [isQuery(sent) ? withoutElement(sent, element) : sent] })

function withoutElement(sent: Uint8Array, type: number): Uint8Array {
  const kept: Uint8Array[] = []
  for (let at = 16; at < sent.length;) {
    const end = at + Math.max(1, sent[at + 1] ?? 1) * 8
    if (sent[at] !== type) kept.push(sent.subarray(at, end))
    at = end
  }
  const body = concatBytes(...kept)
  return concatBytes(sent.subarray(0, 1), u24(16 + body.length), sent.subarray(4, 8), u16(8 + body.length), new Uint8Array(6), body)
}

const drop = (type: number) => (): Fault => ({ fromServer: (sent) => (sent[0] === type ? [] : [sent]) })
const setLimit = (limit: number) => (): Fault => ({
  fromClient: (sent) => {
    if (isQuery(sent)) sent.set(u16(limit), 6)
    return [sent]
  },
})

/** Answers a Query in the order of its choice. */
function reorders(order: (records: Uint8Array[]) => Uint8Array[]): () => Fault {
  return () => {
    let held: Uint8Array[] = []
    return {
      fromServer(sent) {
        if (sent[0] === TYPE.RECORD) {
          held.push(sent)
          return []
        }
        const all = [...order(held), sent]
        held = []
        return all
      },
    }
  }
}

/** Shows everybody what the last author of a connection before might read. */
function leaks(): () => Fault {
  let author: Uint8Array | undefined
  return () => ({
    peerKey: () => author as NonNullable<ReturnType<NonNullable<Fault["peerKey"]>>>,
    fromClient(sent) {
      if (sent[0] === TYPE.SUBMISSION) author = sent.slice(72, 104)
      return [sent]
    },
  })
}

/** Keeps what was replaced, and serves it by its id. */
function resurrects(): () => Fault {
  const all = new Map<string, Uint8Array>()
  return () => ({
    fromClient(sent, send) {
      if (sent[0] === TYPE.SUBMISSION) all.set(Buffer.from(sent.subarray(8, 56)).toString("hex"), sent.slice(8))
      const old = sent[0] === TYPE.GET ? all.get(Buffer.from(sent.subarray(8, 56)).toString("hex")) : undefined
      if (old !== undefined) send(message.framed(TYPE.RECORD, sent.subarray(4, 8), old))
      return [sent]
    },
  })
}

const neverLive = (): Fault => {
  let live = false
  return { fromServer: (sent) => ((live ||= sent[0] === TYPE.LOCALLY_COMPLETE) && sent[0] === TYPE.RECORD ? [] : [sent]) }
}

/** Says that some submissions are INVALID. `record` begins at byte 8 of the message. */
const refuses = (which: (message: Uint8Array) => boolean) => (): Fault => ({
  fromClient: (sent, send) => {
    if (sent[0] !== TYPE.SUBMISSION || !which(sent)) return [sent]
    send(message.framed(TYPE.SUBMISSION_RESULT, Uint8Array.of(36, 0, 0, 0), sent.subarray(8, 40)))
    return []
  },
})

/** Holds each record against the filter before it looks which is the newest. */
function filtersFirst(): () => Fault {
  let last: Uint8Array | undefined
  return () => ({
    fromClient: (sent, send) => {
      if (sent[0] === TYPE.SUBMISSION) last ??= sent.slice(8)
      if (sent[0] === TYPE.QUERY && last !== undefined && sent.length > 32) send(message.framed(TYPE.RECORD, sent.subarray(4, 8), last))
      return [sent]
    },
  })
}

const MIXED_ORDER = "5e2a648325bc9a8f"

const FAULTS: readonly (readonly [fault: string, rule: string, makeFault: () => Fault])[] = [
  ["answers oldest first", "query-newest-first", reorders((records) => records.toReversed())],
  [
    "answers in the order of arrival within its pages",
    "query-many-newest-first",
    reorders((records) => [...records.slice(1), ...records.slice(0, 1)]),
  ],
  ["ignores LIMIT", "query-limit", setLimit(0)],
  ["takes LIMIT 0 for ten", "query-limit-zero", setLimit(10)],
  ["reads LIMIT big-endian", "query-limit-little-endian", setLimit(1)],
  ["echoes another query id", "query-id-echoed", overwrite(TYPE.QUERY_CLOSED, 4, 9, 9)],
  ["says that it has what it has not", "blob-unknown", overwrite(TYPE.BLOB_RESULT, 1, 1)],
  ["names another blob", "blob-unknown", overwrite(TYPE.BLOB_RESULT, 8, 1, 2, 3)],
  ["names another blob in what it took", "blob-submitted", overwrite(TYPE.BLOB_SUBMISSION_RESULT, 8, 1, 2, 3)],
  ["takes any content", "blob-wrong-hash", instead(TYPE.BLOB_SUBMISSION_RESULT, 1, "INVALID", 2)],
  ["takes what is there again", "blob-duplicate", instead(TYPE.BLOB_SUBMISSION_RESULT, 1, "DUPLICATE", 2)],
  ["takes blobs of any length", "blob-too-large", instead(TYPE.BLOB_SUBMISSION_RESULT, 1, "TOO_LARGE", 2)],
  ["gives nothing of what it took", "blob-for-everybody", instead(TYPE.BLOB_RESULT, 1, "SUCCESS", 16)],
  ["names another key in what it found", "dht-lookup-no-key", overwrite(TYPE.DHT_RESPONSE, 8, 1, 2, 3)],
  ["looks up what is no key", "dht-lookup-no-key", instead(TYPE.DHT_RESPONSE, 4, "INVALID", 16)],
  ["puts what is forged", "dht-put-forged", instead(TYPE.DHT_PUT_RESULT, 4, "INVALID", 1)],
  ["puts what is of another kind", "dht-put-other-kind", instead(TYPE.DHT_PUT_RESULT, 4, "INVALID", 1)],
  ["puts what is too long", "dht-put-too-long", instead(TYPE.DHT_PUT_RESULT, 4, "INVALID", 2)],
  ["names another key in what it put", "dht-put-forged", overwrite(TYPE.DHT_PUT_RESULT, 8, 1, 2, 3)],
  ["never closes queries", "query-nothing-success", drop(TYPE.QUERY_CLOSED)],
  ["never says Locally Complete", "subscribe-stored", drop(TYPE.LOCALLY_COMPLETE)],
  ["leaves bytes that should be zero", "query-closes", overwrite(TYPE.QUERY_CLOSED, 7, 1)],
  ["invents result codes", "query-closes", overwrite(TYPE.QUERY_CLOSED, 6, 200)],
  ["changes records", "get-by-id", overwrite(TYPE.RECORD, 170, 0xee)],
  ["answers a Get in its own order", "get-in-order", reorders((records) => records.toSorted((a, b) => Buffer.compare(a, b)))],
  ["says SUCCESS where nothing is", "get-not-found", instead(TYPE.QUERY_CLOSED, 6, "NOT_FOUND", 1)],
  ["serves whatever is open", "too-open", instead(TYPE.QUERY_CLOSED, 6, "TOO_OPEN", 1)],
  ["takes broken filters", "filter-invalid-length-zero", instead(TYPE.QUERY_CLOSED, 6, "INVALID", 1)],
  ["takes bad signatures", "record-invalid-signature", instead(TYPE.SUBMISSION_RESULT, 4, "INVALID", 2)],
  ["takes an R that is not canonical", "signature-r-not-canonical", instead(TYPE.SUBMISSION_RESULT, 4, "INVALID", 2)],
  [
    "verifies without the cofactor",
    "signature-cofactored",
    refuses((sent) => Buffer.from(sent.subarray(72, 80)).toString("hex") === MIXED_ORDER),
  ],
  ["takes few tags", "submission-tags-largest", refuses(({ length }) => length > 40_000)],
  ["wants its own time in records", "submission-times", refuses((sent) => (sent[8] ?? 0) >= 0x40)],
  ["knows only signing keys in schedules", "schedule-all-sorts", refuses(({ length }) => length > 500)],
  ["filters before it looks what was replaced", "replaceable-hidden", filtersFirst()],
  ["names other ids in a sync", "sync-lists", overwrite(TYPE.SERVER_SYNC_DATA, 20, 1, 2, 3)],
  ["syncs what is not to be read", "sync-reading-rights", leaks()],
  ["syncs whatever is open", "sync-too-open", instead(TYPE.SYNC_ERROR, 6, "TOO_OPEN", 1)],
  ["continues syncs that nobody began", "sync-unknown-id", instead(TYPE.SYNC_ERROR, 6, "NOT_FOUND", 1)],
  ["says nothing to Hello Auth over TCP", "hello-auth-tcp", drop(TYPE.UNRECOGNIZED)],
  ["keeps ephemeral records", "ephemeral-by-reference", resurrects()],
  ["takes bad hashes", "record-invalid-hash", instead(TYPE.SUBMISSION_RESULT, 4, "INVALID", 2)],
  ["takes keys of small order", "record-invalid-author-key-small-order", instead(TYPE.SUBMISSION_RESULT, 4, "INVALID", 2)],
  ["takes reserved flags", "record-invalid-flags-reserved", instead(TYPE.SUBMISSION_RESULT, 4, "INVALID", 2)],
  ["takes reserved kind bits", "kind-reserved-bits", instead(TYPE.SUBMISSION_RESULT, 4, "INVALID", 2)],
  ["takes malformed key schedules", "schedule-invalid-cut", instead(TYPE.SUBMISSION_RESULT, 4, "INVALID", 2)],
  ["takes what is too large", "submission-too-large", instead(TYPE.SUBMISSION_RESULT, 4, "TOO_LARGE", 2)],
  ["lets anybody sign for anybody", "subkey-unknown", instead(TYPE.SUBMISSION_RESULT, 4, "UNAUTHORIZED", 2)],
  ["lets revoked keys sign", "subkey-revoked-all", instead(TYPE.SUBMISSION_RESULT, 4, "UNAUTHORIZED", 2)],
  ["takes FROM_AUTHOR of anybody", "from-author-other", instead(TYPE.SUBMISSION_RESULT, 4, "UNAUTHORIZED", 2)],
  ["accepts duplicates", "submission-duplicate", instead(TYPE.SUBMISSION_RESULT, 4, "DUPLICATE", 2)],
  ["says that ephemeral records had consumers", "ephemeral-no-consumers", instead(TYPE.SUBMISSION_RESULT, 4, "NO_CONSUMERS", 2)],
  ["answers submissions with another id", "submission-accepted", overwrite(TYPE.SUBMISSION_RESULT, 8, 1)],
  ["serves replaced records", "replaceable-old-gone", resurrects()],
  ["leaks private records", "author-only-anonymous", leaks()],
  ["leaks private records to strangers", "tagged-others", leaks()],
  ["brings records twice", "subscribe-once", () => ({ fromServer: (sent) => (sent[0] === TYPE.RECORD ? [sent, sent] : [sent]) })],
  [
    "does not unsubscribe",
    "unsubscribe",
    () => ({
      fromClient: (sent, send) => {
        if (sent[0] !== TYPE.UNSUBSCRIBE) return [sent]
        send(message.framed(TYPE.QUERY_CLOSED, Uint8Array.of(sent[4] ?? 0, sent[5] ?? 0, 1, 0)))
        return []
      },
    }),
  ],
  ["never brings what comes in", "subscribe-live", neverLive],
  ["never brings what replaces", "replaceable-live", neverLive],
  ["ends the connection at unknown types", "unknown-types", drop(TYPE.UNRECOGNIZED)],
  [
    "answers Unrecognized with Unrecognized",
    "unrecognized-ignored",
    () => ({
      fromClient: (sent, send) => {
        if (sent[0] === TYPE.UNRECOGNIZED) send(sent)
        return [sent]
      },
    }),
  ],
  [
    "grants what was not asked for",
    "hello-applications-subset",
    () => ({
      fromServer: (sent) => [
        sent[0] === TYPE.HELLO_ACK ? message.framed(TYPE.HELLO_ACK, Uint8Array.of(1, 0, 0, 0), Uint8Array.of(7, 7, 7, 7)) : sent,
      ],
    }),
  ],
  ["speaks a version that was not offered", "hello-version-same", overwrite(TYPE.HELLO_ACK, 6, 1)],
  ["speaks unasked", "server-waits", () => ({ greeting: message.framed(TYPE.UNRECOGNIZED) })],
  ...(
    [
      ["author-keys", 0x01, "filter-authors"],
      ["signing-keys", 0x02, "filter-signers"],
      ["kinds", 0x03, "filter-kinds"],
      ["timestamps", 0x04, "filter-timestamps"],
      ["included-tags", 0x05, "filter-included-tags-any"],
      ["since", 0x80, "filter-since"],
      ["until", 0x81, "filter-until"],
      ["received-since", 0x82, "filter-received-since"],
      ["received-until", 0x83, "filter-received-until"],
      ["exclude", 0x84, "filter-exclude"],
      ["excluded-tags", 0x85, "filter-excluded-tags"],
    ] as const
  ).map(([name, type, rule]) => [`ignores ${name}`, rule, ignoresElement(type)] as const),
]

test.concurrent.each(FAULTS)("a server that %s does not keep %s", async (_, id, makeFault) => {
  const outcome = await outcomeOf(id, makeFault)
  const { level } = RULES.find((rule) => rule.id === id) ?? {}
  expect([level, outcome]).toEqual([level, level === "SHOULD" ? "differs" : "failed"])
})

test("the same server without a fault keeps each of these rules", async () => {
  await using server = await BrokenServer.start()
  const tried = new Set(FAULTS.map(([, id]) => id))
  const rules = RULES.filter(({ id }) => tried.has(id))
  expect(rules).toHaveLength(tried.size)
  for await (const { id, outcome } of runConformance({ target: server.target, rules })) expect([id, outcome]).toEqual([id, "ok"])
})

test.each<readonly [string, string, FaultyTls, Outcome]>([
  ["shows a broken certificate", "certificate-self-signed", { breakCertificate: true }, "failed"],
  ["has another key every time", "certificate-same", { changesKey: true }, "failed"],
  ["takes broken certificates", "client-certificate-broken", { takesBrokenCertificates: true }, "failed"],
  ["looks at dates", "client-certificate-dates", { looksAtDates: true }, "failed"],
  ["asks nobody for a certificate", "author-only-author", { asksForCertificates: false }, "failed"],
  ["speaks TLS 1.2 alone", "tls-13", { maxVersion: "TLSv1.2" }, "differs"],
  ["speaks TLS 1.1", "tls-not-older", { minVersion: "TLSv1.1" }, "failed"],
])("a server that %s does not keep %s", async (_, id, tls, expected) => {
  expect(await outcomeOf(id, undefined, tls)).toBe(expected)
})

/** What can be true of a server that says nothing. */
const OF_THE_DEAD = [
  "tls-version",
  "tls-not-older",
  "tls-13",
  "tls-eddsa",
  "certificate-ed25519",
  "certificate-self-signed",
  "certificate-same",
  "client-certificate-broken",
  "server-waits",
]

test("a server that takes connections and never answers keeps no rule that wants an answer", async () => {
  await using server = await BrokenServer.start(() => ({ fromServer: () => [] }))
  const kept: string[] = []
  for await (const { id, outcome } of runConformance({ target: server.target, answerMs: 50 })) if (outcome === "ok") kept.push(id)
  expect(kept).toEqual(OF_THE_DEAD)
})

/** What else can be true of a server that answers Hello and then ends the connection. */
test("a server that only says Hello keeps no rule about records", async () => {
  await using server = await BrokenServer.start(() => ({ fromServer: (sent) => (sent[0] === TYPE.HELLO_ACK ? [sent] : []) }))
  const kept: string[] = []
  for await (const { id, page, outcome } of runConformance({ target: server.target, answerMs: 50 }))
    if (outcome === "ok" && !page.startsWith("tcp") && !page.startsWith("messages#hello")) kept.push(id)
  expect(kept).toEqual(["server-waits"])
})
