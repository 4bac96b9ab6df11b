import {
  type Address,
  type Message,
  type PublicKey,
  CHAT_MESSAGE,
  KEY_SCHEDULE,
  KEY_SCHEDULE_NONCE,
  MICROBLOG_ROOT,
  PROFILE,
  REPLY_COMMENT,
  RESULT,
  addressKind,
  encodeMessage,
  encodeProfile,
  encodeUtf8,
  isAddress,
  makeKind,
  notifyTag,
  parseReferenceText,
  parseSecretKey,
  parseUserKey,
  replyTag,
  rootTag,
} from "@tessera/mosaic"
import { type Line, Liar, Persona, lineOf, messagesOf, scenario } from "@tessera/testkit"
import { expect } from "vitest"

interface Cast {
  readonly mallory: Liar
  readonly ada: PublicKey
  /** A note of Ada's. */
  readonly note: Address
}

const DARK = parseSecretKey(new Uint8Array(32).fill(66))
const STATE = makeKind({ application: 0x7006_8b0c, number: 2, handling: "replaceable", readers: "author" })

const answerTags = ({ ada, note }: Cast) => [replyTag(addressKind(note), note), rootTag(addressKind(note), note), notifyTag(ada)]

/** What a visitor hands over that has no business there. */
const UNWELCOME: Readonly<Record<string, (cast: Cast) => { readonly bytes: Uint8Array }>> = {
  "a note in the owner's name": ({ mallory, ada }) => mallory.record({ author: ada, text: "LIE!" }),
  "an answer in the owner's name": (cast) =>
    cast.mallory.record({ author: cast.ada, kind: REPLY_COMMENT, tags: answerTags(cast), text: "LIE!" }),
  "a note of their own": ({ mallory }) => mallory.record({ text: "LIE!" }),
  "an answer to nobody here": ({ mallory }) => mallory.record({ kind: REPLY_COMMENT, text: "LIE!" }),
  "an answer by a key that nobody attested": (cast) =>
    cast.mallory.record({ signer: DARK, kind: REPLY_COMMENT, tags: answerTags(cast), text: "LIE!" }),
  "a key schedule in the owner's name": ({ mallory, ada }) =>
    mallory.record({ author: ada, kind: KEY_SCHEDULE, nonce: KEY_SCHEDULE_NONCE, signer: mallory.master, text: "LIE!" }),
  "a profile in the owner's name": ({ mallory, ada }) =>
    mallory.record({ author: ada, kind: PROFILE, signer: mallory.master, payload: encodeProfile({ name: "LIE!" }) }),
  "a profile signed by a subkey": ({ mallory }) => mallory.record({ kind: PROFILE, payload: encodeProfile({ name: "LIE!" }) }),
  "a profile that is none": ({ mallory }) => mallory.record({ kind: PROFILE, signer: mallory.master, text: "LIE!" }),
  "personal state": ({ mallory }) => mallory.record({ kind: STATE, text: "LIE!" }),
  "a line of a chat": ({ mallory }) => mallory.record({ kind: CHAT_MESSAGE, text: "LIE!" }),
  "an endless answer": (cast) => cast.mallory.record({ kind: REPLY_COMMENT, tags: answerTags(cast), text: "LIE! ".repeat(50_000) }),
  "a broken record": ({ mallory }) => {
    const bytes = mallory.record({ text: "LIE!" }).bytes.slice()
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
    return { bytes }
  },
  "no record at all": () => ({ bytes: encodeUtf8("LIE! ".repeat(100)) }),
  nothing: () => ({ bytes: new Uint8Array(0) }),
}

const hello = { type: "hello", version: 0, applications: [0, 1, 0x7006_8b0c] } as const

/** Ways to be a nuisance that hand over nothing. */
const NUISANCES: Readonly<Record<string, (line: Line) => Promise<void>>> = {
  "a message longer than any": async (line) => {
    await line.shout(encodeMessage(hello))
    await line.shout(Uint8Array.of(0x05, 0xff, 0xff, 0xff, 0, 0, 0, 0))
    for (let count = 0; count < 64; count += 1) await line.shout(new Uint8Array(65_536))
  },
  noise: async (line) => {
    for (let count = 0; count < 64; count += 1) await line.shout(encodeUtf8(`GET /${count} HTTP/1.1\r\nHost: example.org\r\n\r\n`))
  },
  "a word at a time, and never a Hello": (line) => line.shout(Uint8Array.of(0x10, 12)),
  "Hello again and again": async (line) => {
    for (let count = 0; count < 200; count += 1) await line.shout(encodeMessage(hello))
  },
  "thousands of questions, and never listening": async (line) => {
    await line.shout(encodeMessage(hello))
    for (let queryId = 0; queryId < 3_000; queryId += 1) {
      await line.shout(encodeMessage({ type: "subscribe", queryId, limit: 0, filter: { kinds: [MICROBLOG_ROOT, STATE] } }))
    }
  },
  "messages of the wrong direction and of no type": async (line) => {
    await line.shout(encodeMessage(hello))
    for (let count = 0; count < 200; count += 1) {
      await line.shout(encodeMessage({ type: "locallyComplete", queryId: count }))
      await line.shout(Uint8Array.of(0x42, 8, 0, 0, 1, 2, 3, 4))
    }
  },
}

async function begin(simulation: ConstructorParameters<typeof Liar>[0]): Promise<{ ada: Persona; bo: Persona; cast: Cast }> {
  const ada = await new Persona(simulation, "ada").arrives()
  const bo = await new Persona(simulation, "bo").arrives()
  await bo.follows(ada)
  await ada.follows(bo, "SECRET PETNAME")
  const note = parseReferenceText((await ada.writes("a question")).address)
  if (!isAddress(note)) throw new Error("a note has an address")
  return { ada, bo, cast: { mallory: new Liar(simulation), ada: parseUserKey(ada.person), note } }
}

/** Everybody else goes on as if nothing were. */
async function isUnaffected(ada: Persona, bo: Persona): Promise<void> {
  await ada.writes("unaffected")
  await bo.sees("unaffected", { once: true, within: 3_000 })
  await bo.writes("so am I")
  await ada.sees("so am I", { once: true, within: 3_000 })
}

scenario(
  "a visitor who hands over what has no business at a door is refused, each time with a reason, and nothing of it is kept",
  async (simulation) => {
    const { ada, bo, cast } = await begin(simulation)
    const { mallory } = cast
    const channel = await mallory.visits(ada.card)
    const line = lineOf(channel)
    const replies = messagesOf(channel)
    await line.say(hello)
    expect((await replies.next()).value).toMatchObject({ type: "helloAck" })
    await line.say({ type: "submission", record: mallory.schedule().bytes })
    expect((await replies.next()).value).toMatchObject({ type: "submissionResult", result: RESULT.ACCEPTED })
    for (const [name, make] of Object.entries(UNWELCOME)) {
      await line.say({ type: "submission", record: make(cast).bytes })
      const reply: Message | void = (await replies.next()).value
      expect([name, reply?.type]).toEqual([name, "submissionResult"])
      if (reply?.type === "submissionResult") {
        expect([name, [RESULT.ACCEPTED, RESULT.SUCCESS, RESULT.DUPLICATE].includes(reply.result as 2)]).toEqual([name, false])
      }
    }
    await isUnaffected(ada, bo)
    expect(await ada.reads()).toEqual(["a question", "unaffected", "so am I"])
    expect(ada.machine.disk.holds("LIE!")).toBe(false)
    // The line still stands, and an honest answer is taken.
    const answer = mallory.record({ kind: REPLY_COMMENT, tags: answerTags(cast), text: "an answer" })
    await line.say({ type: "submission", record: answer.bytes })
    expect((await replies.next()).value).toMatchObject({ type: "submissionResult", result: RESULT.ACCEPTED })
    await ada.sees("an answer", { once: true })
  },
  { seeds: 2 },
)

scenario(
  "a door tells strangers what is public, and nothing else: not whom its owner reads, nor what they are called",
  async (simulation) => {
    const { ada, bo, cast } = await begin(simulation)
    await bo.writes("Bo's own note")
    await ada.sees("Bo's own note")
    const channel = await cast.mallory.visits(ada.card)
    const line = lineOf(channel)
    await line.say(hello)
    const bos = parseUserKey(bo.person)
    const filters = [
      {},
      { kinds: [STATE] },
      { authors: [bos] },
      { authors: [cast.ada] },
      { signers: [bos] },
      { kinds: [PROFILE, KEY_SCHEDULE, MICROBLOG_ROOT, REPLY_COMMENT] },
    ]
    for (const [queryId, filter] of filters.entries()) await line.say({ type: "query", queryId, limit: 1_000, filter })
    const seen: Buffer[] = []
    let closed = 0
    for await (const message of messagesOf(channel)) {
      if (message.type === "record") seen.push(Buffer.from(message.record))
      if (message.type === "queryClosed") closed += 1
      if (closed === filters.length) break
    }
    expect(seen.some((record) => record.includes("a question"))).toBe(true)
    for (const record of seen) {
      expect(record.includes("Bo's own note")).toBe(false)
      expect(record.includes(Buffer.from(bos))).toBe(false)
    }
  },
)

for (const [name, act] of Object.entries(NUISANCES)) {
  scenario(
    `a nuisance at the door (${name}) costs nobody else anything, and is shown out`,
    async (simulation) => {
      const { ada, bo, cast } = await begin(simulation)
      // Whoever does not listen must not be waited for.
      for (let count = 0; count < 5; count += 1) void act(lineOf(await cast.mallory.visits(ada.card)))
      await isUnaffected(ada, bo)
      await simulation.wait(1_800_000)
      expect(simulation.network.openConnections(cast.mallory.machine)).toBe(0)
      await isUnaffectedStill(ada, bo)
    },
    { seeds: 1 },
  )
}

async function isUnaffectedStill(ada: Persona, bo: Persona): Promise<void> {
  await ada.writes("still unaffected")
  await bo.sees("still unaffected", { once: true, within: 3_000 })
}
