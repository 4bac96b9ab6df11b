import {
  type Message,
  type PublicKey,
  CHAT_MESSAGE,
  KEY_SCHEDULE,
  KEY_SCHEDULE_NONCE,
  PROFILE,
  REPLY_COMMENT,
  RESULT,
  ZERO_TIMESTAMP,
  addressKind,
  encodeKeySchedule,
  encodeProfile,
  encodeRecordMessage,
  encodeUtf8,
  makeAddress,
  makeKind,
  nonceFromText,
  parseSecretKey,
  parseUserKey,
  publicKeyOf,
  replyTag,
  rootTag,
  signAttestation,
  subkeyTag,
} from "@tessera/mosaic"
import { type Line, Liar, Persona, answering, scenario } from "@tessera/testkit"
import { expect } from "vitest"

type Asked = Extract<Message, { type: "get" | "query" | "subscribe" }>

/** A way to lie at one's own door: what is said to each question. */
type Way = (question: Asked, line: Line, cast: { readonly mallory: Liar; readonly ada: PublicKey }) => Promise<void>

const DARK = parseSecretKey(new Uint8Array(32).fill(66))

const send =
  (make: (cast: { readonly mallory: Liar; readonly ada: PublicKey }) => readonly { readonly bytes: Uint8Array }[]): Way =>
  async (question, line, cast) => {
    for (const { bytes } of make(cast)) await line.shout(encodeRecordMessage(question.queryId, bytes))
    await finish(question, line)
  }

async function finish(question: Asked, line: Line): Promise<void> {
  if (question.type === "subscribe") await line.say({ type: "locallyComplete", queryId: question.queryId })
  else await line.say({ type: "queryClosed", queryId: question.queryId, result: RESULT.SUCCESS })
}

function broken(bytes: Uint8Array, at: number): { readonly bytes: Uint8Array } {
  const copy = bytes.slice()
  copy[at < 0 ? bytes.length + at : at] = (copy.at(at) ?? 0) ^ 1
  return { bytes: copy }
}

/** Every record of these says LIE! somewhere, and none of them may ever be shown or kept. */
const LIES: Readonly<Record<string, Way>> = {
  "notes in the name of somebody else": send(({ mallory, ada }) => [
    mallory.record({ author: ada, text: "LIE! I am Ada" }),
    mallory.record({ author: ada, signer: mallory.master, text: "LIE! I am Ada too" }),
  ]),
  "notes by a key that nobody attested": send(({ mallory }) => [
    mallory.schedule(),
    mallory.record({ signer: DARK, text: "LIE! by a strange key" }),
  ]),
  "a key schedule in the name of somebody else": send(({ mallory, ada }) => {
    const attestation = signAttestation(DARK, ada)
    const payload = encodeKeySchedule([{ use: "signing", key: publicKeyOf(DARK), state: "active", since: ZERO_TIMESTAMP, attestation }])
    const tags = [subkeyTag(publicKeyOf(DARK))]
    return [
      mallory.record({ author: ada, kind: KEY_SCHEDULE, nonce: KEY_SCHEDULE_NONCE, signer: mallory.master, payload, tags }),
      mallory.record({ author: ada, kind: KEY_SCHEDULE, nonce: KEY_SCHEDULE_NONCE, signer: DARK, payload, tags }),
      mallory.record({ author: ada, signer: DARK, text: "LIE! Ada's new key" }),
      // Of her own she may list it, but that makes nobody else's notes of hers.
      mallory.schedule(DARK),
      mallory.record({ author: ada, signer: DARK, text: "LIE! by a key of Mallory's" }),
    ]
  }),
  "a profile in the name of somebody else, and one by a subkey": send(({ mallory, ada }) => [
    mallory.schedule(),
    mallory.record({ author: ada, kind: PROFILE, signer: mallory.master, payload: encodeProfile({ name: "LIE!" }) }),
    mallory.record({ kind: PROFILE, payload: encodeProfile({ name: "LIE!" }) }),
    mallory.record({ kind: PROFILE, signer: mallory.master, payload: encodeUtf8("LIE!, and no CBOR") }),
  ]),
  "broken records": send(({ mallory }) => {
    const { bytes } = mallory.record({ text: "LIE! broken" })
    const places = [0, 47, 48, 60, 70, 100, 136, 144, 146, 150, 152, -1, -40, -64]
    return [
      mallory.schedule(),
      ...places.map((at) => broken(bytes, at)),
      { bytes: bytes.slice(0, -8) },
      { bytes: new Uint8Array(300) },
      { bytes: bytes.slice(0, 10) },
    ]
  }),
  "kinds that nobody asked for": send(({ mallory }) => [
    mallory.schedule(),
    mallory.record({ kind: CHAT_MESSAGE, text: "LIE! in a chat" }),
    mallory.record({
      kind: makeKind({ application: 0x7006_8b0c, number: 2, handling: "replaceable", readers: "author" }),
      text: "LIE! state",
    }),
    mallory.record({ kind: makeKind({ application: 1, number: 77, handling: "ephemeral", readers: "everybody" }), text: "LIE! ephemeral" }),
  ]),
  "a message longer than any": async (question, line) => {
    await line.shout(Uint8Array.of(0x80, 0xff, 0xff, 0xff, question.queryId & 0xff, question.queryId >> 8, 0, 0))
    for (let count = 0; count < 64; count += 1) await line.shout(encodeUtf8("LIE! ".repeat(16_384)))
  },
  "lengths that cannot be, and noise": async (_, line) => {
    await line.shout(Uint8Array.of(0x80, 0, 0, 0))
    await line.shout(encodeUtf8("LIE! ".repeat(10_000)))
  },
  "hundreds of messages of types that there are not, and of the wrong direction": async (question, line) => {
    const strange = Uint8Array.of(0x42, 8, 0, 0, 1, 2, 3, 4)
    for (let count = 0; count < 400; count += 1) await line.shout(strange)
    await line.say({ type: "query", queryId: 1, limit: 0, filter: {} })
    await line.say({ type: "helloAck", result: RESULT.SUCCESS, version: 0, applications: [] })
    await finish(question, line)
  },
  "the same record again and again, for this question and others": async (question, line, { mallory }) => {
    const { bytes } = mallory.record({ author: publicKeyOf(DARK), signer: DARK, text: "LIE! again and again" })
    for (let count = 0; count < 150; count += 1) await line.shout(encodeRecordMessage((question.queryId + (count % 3)) & 0xffff, bytes))
    await finish(question, line)
  },
  silence: () => Promise.resolve(),
  "half a message, then silence": (question, line) => line.shout(Uint8Array.of(0x80, 0x40, 1, 0, question.queryId & 0xff)),
  "hanging up at once": (_, line) => line.hangUp(),
  "saying no to everything": (question, line) => line.say({ type: "queryClosed", queryId: question.queryId, result: RESULT.UNAUTHORIZED }),
  "closing for no reason": async (_, line) => {
    await line.say({ type: "closing", result: RESULT.SHUTTING_DOWN })
    await line.hangUp()
  },
  "completing and closing what was never asked": async (question, line) => {
    for (let queryId = 0; queryId < 500; queryId += 1) {
      await line.say({ type: "locallyComplete", queryId })
      await line.say({ type: "queryClosed", queryId, result: RESULT.SUCCESS })
    }
    await finish(question, line)
  },
}

for (const [name, way] of Object.entries(LIES)) {
  scenario(
    `a liar's door (${name}): nothing of it is shown or kept, and nobody else notices`,
    async (simulation) => {
      const ada = await new Persona(simulation, "ada").arrives()
      const bo = await new Persona(simulation, "bo").arrives()
      const mallory = new Liar(simulation)
      const cast = { mallory, ada: parseUserKey(ada.person) }
      let questions = 0
      await mallory.listens(
        answering(async (message, line) => {
          if (message.type !== "get" && message.type !== "query" && message.type !== "subscribe") return
          questions += 1
          await way(message, line, cast)
        }),
      )
      await bo.follows(ada)
      await bo.followsCard(mallory.card, "Mallory")
      for (const text of ["one", "two", "three"]) {
        await ada.writes(text)
        await bo.sees(text, { once: true, within: 2_000 })
        await simulation.wait(60_000)
      }
      expect(questions).toBeGreaterThan(0)
      // Whoever is lied to asks again, but not like a fool.
      expect(questions).toBeLessThan(100)
      expect(await bo.reads()).toEqual(["one", "two", "three"])
      expect(bo.machine.disk.holds("LIE!")).toBe(false)
      const people = bo.node.person().people.list()
      expect(people.map(({ label }) => label).toSorted()).toEqual(["Ada Lovelace", "Mallory"])
      expect(simulation.network.openConnections(bo.machine)).toBeLessThan(10)
      await bo.comesBack({ after: "process" })
      await ada.writes("four")
      await bo.sees("four", { once: true })
      expect(await bo.reads()).toEqual(["one", "two", "three", "four"])
    },
    { seeds: 1 },
  )
}

scenario(
  "what a stranger may truly say is shown, however odd: endless texts, bombs, circles of answers, dates far off",
  async (simulation) => {
    const bo = await new Persona(simulation, "bo").arrives()
    const mallory = new Liar(simulation)
    const addresses = ["chicken", "egg"].map((text) =>
      makeAddress({ nonce: nonceFromText(text), kind: REPLY_COMMENT, author: mallory.person }),
    )
    const [chicken, egg] = addresses
    if (chicken === undefined || egg === undefined) throw new Error("no circle")
    const circle = [
      [chicken, egg],
      [egg, chicken],
    ] as const
    const records = [
      mallory.schedule(),
      mallory.profile("Mallory \u202e\u0000 yrollaM".replaceAll(/[^ -~]/g, "")),
      mallory.record({ text: "plain" }),
      mallory.record({ text: "x".repeat(900_000) }),
      mallory.record({ payload: new Uint8Array(2_000).fill(0xff) }),
      mallory.record({ payload: encodeUtf8("no ZSTD at all"), compressed: true }),
      mallory.record({ text: "\u202e\u0007 <script>alert(1)</script> javascript:alert(1) http://exa\u202emple.com" }),
      mallory.record({ text: "from another century", timestamp: ZERO_TIMESTAMP }),
      ...circle.map(([own, other], index) =>
        mallory.record({
          kind: REPLY_COMMENT,
          nonce: nonceFromText(index === 0 ? "chicken" : "egg"),
          text: `circle ${index}`,
          tags: [replyTag(addressKind(other), other), rootTag(addressKind(own), own)],
        }),
      ),
    ]
    await mallory.listens(
      answering(async (message, line) => {
        if (message.type === "query" || message.type === "subscribe") {
          const strangers = message.filter.authors === undefined
          await send(() => (strangers ? [] : records))(message, line, { mallory, ada: mallory.person })
        }
      }),
    )
    await bo.followsCard(mallory.card)
    await bo.sees("plain", { once: true })
    await bo.sees("circle 0", { once: true })
    await bo.sees("circle 1", { once: true })
    await bo.sees("from another century", { once: true })
    for (const text of await bo.reads()) {
      expect(Array.from(text).length).toBeLessThanOrEqual(5_000)
      expect(text).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u)
    }
    for (const note of await bo.timeline()) {
      for (const part of note.parts) if ("link" in part) expect(part.link).toMatch(/^https?:\/\//)
      await bo.node.person().notes.thread(note.address)
    }
    const before = (await bo.reads()).toSorted()
    await bo.comesBack({ after: "power" })
    await simulation.wait(60_000)
    expect((await bo.reads()).toSorted()).toEqual(before)
  },
  { seeds: 1 },
)
