import type {
  Author,
  CardView,
  Me,
  NewNote,
  NodeEvent,
  Note,
  NoteAddress,
  Person,
  PersonKey,
  Settings,
  State,
  TextPart,
  Thread,
  TimelinePage,
} from "@tessera/node/api"
import { NOTE_LIMIT } from "@tessera/node/api"
import { CAST, addressOf, cardOf, doorWordsOf, keyOf, safetyWordsOf } from "./cast.ts"
import type { Role } from "./cast.ts"
import { CONVERSATION } from "./conversation.ts"
import { Refused } from "./refused.ts"
import { SAMPLE_ADDRESS, SAMPLE_CARD, SAMPLE_CARD_QR, SAMPLE_WORDS } from "./samples.ts"

interface Kept {
  readonly note: Note
  readonly by: string
  readonly texts: readonly { readonly text: string; readonly at: number }[]
}

const MINUTE = 60_000

function partsOf(text: string): TextPart[] {
  return text
    .split(/(https?:\/\/[^\s]+)/)
    .flatMap((piece, index): TextPart[] => (piece === "" ? [] : [index % 2 === 1 ? { link: piece, text: piece } : { text: piece }]))
}

/** What a node is to its interface, in memory: enough to design and test every page, with none of the network. */
export class MemoryNode {
  stage: State["stage"] = "open"
  passphrase = "anchor velvet ribbon candle orbit"
  displayName = "Runa"
  about = ""
  settings: Settings = { theme: "system", recoverySheetOffered: true }
  listening = true
  trouble: string | undefined
  /** Pictures as WebP, by the key of the person. */
  readonly pictures = new Map<PersonKey, { readonly version: string; readonly bytes: Uint8Array }>()
  private readonly kept = new Map<NoteAddress, Kept>()
  private readonly roles = new Map<string, Role>()
  private readonly followed = new Map<string, { petname?: string; since: number }>()
  private readonly listeners = new Set<(event: NodeEvent) => void>()
  private made = 0

  /** With `filled`, the cast is followed and the sample conversation is there. */
  constructor({ filled = true, now = Date.now() }: { filled?: boolean; now?: number } = {}) {
    for (const role of CAST) {
      this.roles.set(role.seed, role)
      if (filled && role.followed)
        this.followed.set(role.seed, { ...(role.petname === undefined ? {} : { petname: role.petname }), since: now - 20 * 1_440 * MINUTE })
    }
    this.roles.set("stranger", { seed: "stranger", displayName: "Platform Pigeon", about: "", connection: "unreachable", followed: false })
    if (!filled) return
    for (const line of [...CONVERSATION].sort((a, b) => b.minutes - a.minutes)) {
      this.keep(
        line.by,
        line.text,
        now - line.minutes * MINUTE,
        line.id,
        line.answers,
        line.earlier,
        line.editedMinutes === undefined ? undefined : now - line.editedMinutes * MINUTE,
      )
    }
  }

  listen(listener: (event: NodeEvent) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  emit(event: NodeEvent): void {
    for (const listener of this.listeners) listener(event)
  }

  me(): Me {
    const picture = this.pictures.get(keyOf("me"))
    return {
      person: keyOf("me"),
      displayName: this.displayName,
      name: this.displayName.normalize("NFKD").replace(/[^\w]/g, "").toLowerCase() || "someone",
      about: this.about,
      ...(picture === undefined ? {} : { picture: picture.version }),
      card: { link: SAMPLE_CARD, qr: SAMPLE_CARD_QR, words: SAMPLE_WORDS, address: SAMPLE_ADDRESS },
      settings: this.settings,
      connections: {
        ...(this.listening ? { listening: { port: 21_407, addresses: ["192.168.1.20"] } } : {}),
        ...(this.trouble === undefined ? {} : { trouble: this.trouble }),
      },
    }
  }

  private author(by: string): Author {
    if (by === "me") {
      const { person, displayName, picture } = this.me()
      return { person, label: displayName, ...(picture === undefined ? {} : { picture }), you: true, following: false }
    }
    const role = this.roles.get(by)
    if (role === undefined) throw new Error(`nobody called ${by}`)
    const petname = this.followed.get(by)?.petname
    const picture = this.pictures.get(keyOf(by))
    return {
      person: keyOf(by),
      label: petname ?? role.displayName,
      ...(petname === undefined ? {} : { alsoKnownAs: role.displayName }),
      ...(picture === undefined ? {} : { picture: picture.version }),
      you: false,
      following: this.followed.has(by),
    }
  }

  private person(by: string): Person {
    const role = this.roles.get(by)
    const tie = this.followed.get(by)
    if (role === undefined || tie === undefined) throw new Refused(404, "notFound", "This person is not among those you read.")
    return {
      ...this.author(by),
      about: role.about,
      ...(tie.petname === undefined ? {} : { petname: tie.petname }),
      safetyWords: safetyWordsOf(by),
      since: tie.since,
      connection: role.connection,
      ...(role.connection === "connecting" ? {} : { lastHeard: Date.now() - 190 * MINUTE }),
    }
  }

  private seedOf(key: PersonKey): string {
    for (const seed of this.roles.keys()) if (keyOf(seed) === key) return seed
    throw new Refused(404, "notFound", "This person is not known here.")
  }

  private keep(
    by: string,
    text: string,
    at: number,
    id: string,
    answers?: string,
    earlier: readonly string[] = [],
    editedAt?: number,
  ): Note {
    const address = `moref0${id}`
    const parent = answers === undefined ? undefined : this.kept.get(`moref0${answers}`)?.note
    const note: Note = {
      address,
      author: this.author(by),
      parts: partsOf(text),
      ...(by === "me" ? { source: text } : {}),
      createdAt: at,
      ...(editedAt === undefined ? {} : { editedAt }),
      ...(answers === undefined ? {} : { replyTo: `moref0${answers}`, root: parent?.root ?? parent?.address ?? `moref0${answers}` }),
      ...(parent === undefined ? {} : { replyToAuthor: parent.author }),
      replyCount: 0,
    }
    this.kept.set(address, {
      note,
      by,
      texts: [{ text, at: editedAt ?? at }, ...earlier.map((old, index) => ({ text: old, at: at + index }))],
    })
    return note
  }

  /** The note as it is now: names and counts change after it was written. */
  private now(address: NoteAddress): Note {
    const kept = this.kept.get(address)
    if (kept === undefined) throw new Refused(404, "notFound", "This note is not known here.")
    const parent = kept.note.replyTo === undefined ? undefined : this.kept.get(kept.note.replyTo)
    const replyCount = [...this.kept.values()].filter(
      ({ note }) => note.replyTo === address || (note.root === address && note.address !== address),
    ).length
    return {
      ...kept.note,
      author: this.author(kept.by),
      ...(parent === undefined ? {} : { replyToAuthor: this.author(parent.by) }),
      replyCount,
    }
  }

  /** A note of somebody arrives, or one of the person's own is made. */
  write(by: string, { text, replyTo }: NewNote): Note {
    if (text.trim() === "") throw new Refused(400, "badRequest", "A note needs some words.")
    if ([...text].length > NOTE_LIMIT) throw new Refused(400, "tooLarge", `A note holds at most ${NOTE_LIMIT} characters.`)
    this.made += 1
    const { address } = this.keep(by, text, Date.now(), `made${String(this.made).padStart(6, "0")}`, replyTo?.replace("moref0", ""))
    const note = this.now(address)
    this.emit({ type: "note", note })
    if (note.root !== undefined && this.kept.has(note.root)) this.emit({ type: "note", note: this.now(note.root) })
    return note
  }

  edit(address: NoteAddress, text: string): Note {
    const kept = this.kept.get(address)
    if (kept === undefined) throw new Refused(404, "notFound", "This note is not known here.")
    if (kept.by !== "me") throw new Refused(403, "notYours", "Only the person who wrote a note can change it.")
    const at = Date.now()
    this.kept.set(address, {
      ...kept,
      note: { ...kept.note, parts: partsOf(text), source: text, editedAt: at },
      texts: [{ text, at }, ...kept.texts],
    })
    this.emit({ type: "note", note: this.now(address) })
    return this.now(address)
  }

  history(address: NoteAddress) {
    return { versions: (this.kept.get(address)?.texts ?? []).map(({ text, at }) => ({ parts: partsOf(text), at })) }
  }

  timeline(limit: number, before?: string): TimelinePage {
    const all = [...this.kept.keys()]
      .map((address) => this.now(address))
      .filter(({ author, replyToAuthor }) => author.you || author.following || replyToAuthor?.you === true)
      .sort((a, b) => b.createdAt - a.createdAt || (a.address < b.address ? 1 : -1))
    const from = before === undefined ? 0 : all.findIndex((note) => note.address === before) + 1
    const notes = all.slice(from, from + limit)
    const last = notes.at(-1)
    return { notes, ...(last !== undefined && from + limit < all.length ? { next: last.address } : {}) }
  }

  thread(address: NoteAddress): Thread {
    const asked = this.now(address)
    const rootAddress = asked.root ?? asked.address
    const replies = [...this.kept.keys()].map((each) => this.now(each)).filter((note) => note.root === rootAddress)
    return {
      ...(this.kept.has(rootAddress) ? { root: this.now(rootAddress) } : {}),
      replies: replies.sort((a, b) => a.createdAt - b.createdAt),
    }
  }

  look(card: string): CardView {
    const seeds = [...this.roles.keys()]
    const plain = card.toLowerCase()
    const byDoor = seeds.find((each) => plain.includes(addressOf(each)) || plain.split(/[^a-z]+/).join(" ") === doorWordsOf(each).join(" "))
    if (byDoor !== undefined && this.roles.get(byDoor)?.connection === "unreachable")
      throw new Refused(
        404,
        "noAnswer",
        "Nobody answers there right now. Their device may be off, or out of reach of yours; try again later.",
      )
    const text = byDoor === undefined ? card.replace(/\s/g, "") : cardOf(byDoor)
    if (!text.includes("tessera:"))
      throw new Refused(400, "badCard", "This is not a card: a card begins with “tessera:”. Please copy it again, whole.")
    if (text.includes(SAMPLE_CARD))
      throw new Refused(400, "ownCard", "This is your own card. Give it to others; to read somebody, paste theirs.")
    const seed = seeds.find((each) => text.includes(cardOf(each)))
    const role = seed === undefined ? undefined : this.roles.get(seed)
    if (seed === undefined || role === undefined)
      throw new Refused(400, "badCard", "This card is incomplete: the end of it is missing. Please copy it again, whole.")
    const reachable = role.connection !== "unreachable"
    const picture = this.pictures.get(keyOf(seed))
    return {
      person: keyOf(seed),
      ...(reachable ? { displayName: role.displayName, about: role.about } : {}),
      ...(reachable && picture !== undefined
        ? { pictureData: `data:image/webp;base64,${Buffer.from(picture.bytes).toString("base64")}` }
        : {}),
      safetyWords: safetyWordsOf(seed),
      reachable,
      following: this.followed.has(seed),
    }
  }

  follow(card: string, petname?: string): Person {
    const seed = this.seedOf(this.look(card).person)
    this.followed.set(seed, { ...(petname === undefined || petname === "" ? {} : { petname }), since: Date.now() })
    this.emit({ type: "person", person: this.person(seed) })
    return this.person(seed)
  }

  rename(key: PersonKey, petname: string): Person {
    const seed = this.seedOf(key)
    const { since } = this.followed.get(seed) ?? { since: Date.now() }
    this.followed.set(seed, { ...(petname === "" ? {} : { petname }), since })
    this.emit({ type: "person", person: this.person(seed) })
    return this.person(seed)
  }

  unfollow(key: PersonKey): void {
    this.followed.delete(this.seedOf(key))
    this.emit({ type: "unfollowed", person: key })
  }

  people(): Person[] {
    return [...this.followed.keys()].map((seed) => this.person(seed))
  }

  personByKey(key: PersonKey): Person {
    return this.person(this.seedOf(key))
  }

  setPicture(seed: string, bytes: Uint8Array): void {
    this.pictures.set(keyOf(seed), { version: `v${this.pictures.size + 1}${bytes.length}`, bytes })
  }
}
