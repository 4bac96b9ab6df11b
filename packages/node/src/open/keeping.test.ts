import { readFile, readdir, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { StorageError } from "@tessera/mosaic-server"
import { afterEach, describe, expect, test } from "vitest"
import { openFileStorage, systemClock } from "../adapters/adapters.ts"
import { formatCard, parseCard } from "../card/card.ts"
import { openNode } from "../node.ts"
import type { Node } from "../node.ts"
import type { Storage } from "../ports.ts"
import { eventually, follow, PASSPHRASE, record, startPerson, testFolder, testPorts, timelineOf } from "./harness.test-suite.ts"

const cleanups: AsyncDisposable[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup[Symbol.asyncDispose]()
})

async function folder(): Promise<string> {
  const made = await testFolder()
  cleanups.push(made)
  return made.path
}

async function start(path: string, name: string): Promise<Node> {
  const node = await startPerson(path, name)
  cleanups.push(node)
  return node
}

const stop = async (node: Node): Promise<void> => {
  cleanups.splice(cleanups.indexOf(node), 1)
  await node[Symbol.asyncDispose]()
}

const NEVER = new AbortController().signal

/** Everything that interfaces can read, to compare. */
async function everything(node: Node): Promise<unknown> {
  const person = node.person()
  const pages = []
  let before: string | undefined
  do {
    const page = await person.notes.page(before, 7)
    pages.push(...page.notes)
    before = page.next
  } while (before !== undefined)
  const threads = await Promise.all(pages.map(({ address }) => person.notes.thread(address)))
  const people = person.people.list().map((shown) => ({ ...shown, lastHeard: undefined, connection: undefined }))
  return { pages, threads, people, me: person.me() }
}

describe("what a node keeps", () => {
  test("timeline, threads and people are the same after they are made anew, and after their file is lost", async () => {
    const annFolder = await folder()
    const ann = await start(annFolder, "Ann")
    const ben = await start(await folder(), "Ben")
    await follow(ann, ben, "Benny")
    await follow(ben, ann)
    for (let i = 0; i < 10; i++) {
      const note = await ann.person().notes.post(`Ann ${i}`, undefined)
      if (i % 3 === 0) await ann.person().notes.edit(note.address, `Ann ${i} edited`)
      if (i % 4 === 0) await ann.person().notes.post(`Ann answers ${i}`, note.address)
      await ben.person().notes.post(`Ben ${i}`, undefined)
    }
    const question = (await ann.person().notes.page(undefined, 1)).notes[0]
    await eventually(async () => ((await timelineOf(ben)).length === 23 ? true : undefined), "Ben has all")
    await ben.person().notes.post("Ben answers", question?.address)
    await eventually(async () => ((await timelineOf(ann)).length === 24 ? true : undefined), "Ann has all")
    const before = await everything(ann)
    await ann.person().rebuildIndexes()
    expect(await everything(ann)).toEqual(before)
    await stop(ann)
    for (const file of await readdir(annFolder)) if (file.startsWith("index.db")) await rm(join(annFolder, file))
    const again = await start(annFolder, "")
    expect(await everything(again)).toEqual(before)
    await stop(again)
    await writeFile(join(annFolder, "index.db"), "this is no index")
    expect(await everything(await start(annFolder, ""))).toEqual(before)
  })

  test("nothing that a person wrote, and no key, can be read in the folder", async () => {
    const annFolder = await folder()
    const ann = await start(annFolder, "MarkerName")
    const benFolder = await folder()
    const ben = await start(benFolder, "Ben")
    await follow(ben, ann, "MarkerPetname")
    const note = await ann.person().notes.post("MarkerNote", undefined)
    await ann.person().notes.edit(note.address, "MarkerEdit")
    await eventually(async () => ((await timelineOf(ben)).includes("MarkerEdit") ? true : undefined), "the note")
    const answer = await ben.person().notes.post("MarkerAnswer", note.address)
    await ann.person().editProfile({ displayName: "MarkerOther", about: "MarkerAbout", passphrase: PASSPHRASE }, NEVER)
    await eventually(() => (ben.person().people.list()[0]?.about === "MarkerAbout" ? true : undefined), "the new profile")
    expect(ben.person().people.list()[0]).toMatchObject({ label: "MarkerPetname", alsoKnownAs: "MarkerOther" })
    const markers = ["Marker", PASSPHRASE, answer.author.person.slice(6), ann.person().me().person.slice(6)].map((text) =>
      Buffer.from(text),
    )
    const search = async (path: string): Promise<readonly string[]> => {
      const found: string[] = []
      for (const file of await readdir(path)) {
        const bytes = await readFile(join(path, file)).catch(() => Buffer.alloc(0))
        for (const marker of [
          ...markers,
          Buffer.from("Marker", "utf16le"),
          Buffer.from(ann.person().person),
          Buffer.from(ben.person().person),
        ]) {
          if (bytes.includes(marker)) found.push(`${file}: ${marker.toString()}`)
        }
      }
      return found
    }
    for (const path of [annFolder, benFolder]) expect(await search(path)).toEqual([])
    const keys = [ann.person().person, ben.person().person].map((key) => Buffer.from(key))
    await stop(ann)
    await stop(ben)
    for (const path of [annFolder, benFolder]) {
      const files = await readdir(path)
      expect(files).toContain("records.db")
      for (const file of files) {
        const bytes = await readFile(join(path, file)).catch(() => Buffer.alloc(0))
        for (const marker of [...markers, ...keys]) expect(bytes.includes(marker), `${path}/${file}`).toBe(false)
      }
    }
  })

  test("a recovery sheet makes the same person again, with the same card", async () => {
    const ann = await start(await folder(), "Ann")
    const ben = await start(await folder(), "Ben")
    await follow(ben, ann)
    const sheet = await ann.person().recoverySheet(PASSPHRASE, NEVER)
    const { card, person } = ann.person().me()
    await ann.person().notes.post("from the old device", undefined)
    await eventually(async () => ((await timelineOf(ben)).length === 1 ? true : undefined), "the old note")
    await stop(ann)
    const restored = await openNode({ ports: testPorts(await folder()), version: "test" })
    cleanups.push(restored)
    await expect(restored.restore({ sheet: sheet.text, passphrase: "wrong", name: "Ann" })).rejects.toMatchObject({
      code: "wrongPassphrase",
    })
    expect(restored.state.stage).toBe("new")
    const me = await restored.restore({ sheet: ` ${sheet.text.toUpperCase()}\n`, passphrase: PASSPHRASE, name: "Ann" })
    expect(me).toMatchObject({ person, card: { link: card.link } })
    await restored.person().notes.post("from the new device", undefined)
    await eventually(
      async () => ((await timelineOf(ben)).includes("from the new device") ? true : undefined),
      "a note of the new device",
      20_000,
    )
    expect(await timelineOf(ben)).toEqual(["from the new device", "from the old device"])
  })

  test("locking closes everything, and a second node on the folder is refused", async () => {
    const path = await folder()
    const ann = await start(path, "Ann")
    await expect(openNode({ ports: testPorts(path), version: "test" })).rejects.toMatchObject({ name: "AlreadyRunningError" })
    const events = record(ann)
    await ann.person().notes.post("kept", undefined)
    await ann.lock()
    expect(events.at(-1)).toEqual({ type: "state", state: { stage: "locked", version: "test" } })
    expect(() => ann.person()).toThrow("locked")
    await expect(ann.lock()).rejects.toMatchObject({ code: "wrongStage" })
    await ann.unlock(PASSPHRASE)
    expect(await timelineOf(ann)).toEqual(["kept"])
  })

  test("a full disk is said, and nothing half-written is shown", async () => {
    const path = await folder()
    let isFull = false
    const storage = openFileStorage(path, { clock: systemClock })
    const full = (): never => {
      throw new StorageError("full", "The disk is full.")
    }
    const ports = testPorts(path, {
      storage: {
        ...storage,
        async openRecords(key) {
          const records = await storage.openRecords(key)
          return {
            put: async (batch) => (isFull ? full() : records.put(batch)),
            get: (references) => records.get(references),
            query: (filter, options) => records.query(filter, options),
            changes: (after, options) => records.changes(after, options),
            lastSequence: () => records.lastSequence(),
            remove: (ids) => records.remove(ids),
            [Symbol.asyncDispose]: () => records[Symbol.asyncDispose](),
          }
        },
      },
    })
    const ann = await openNode({ ports, version: "test" })
    cleanups.push(ann)
    await ann.setup({ name: "Ann", passphrase: PASSPHRASE })
    const ben = await start(await folder(), "Ben")
    const note = await ann.person().notes.post("before", undefined)
    await follow(ann, ben)
    await eventually(() => (ann.person().people.list()[0]?.connection === "connected" ? true : undefined), "connected")
    const events = record(ann)
    isFull = true
    await expect(ann.person().notes.post("lost", undefined)).rejects.toMatchObject({ reason: "full" })
    await expect(ann.person().notes.edit(note.address, "lost")).rejects.toMatchObject({ reason: "full" })
    await expect(ann.person().notes.post("lost", note.address)).rejects.toMatchObject({ reason: "full" })
    await expect(ann.person().people.rename(ben.person().person, "lost")).rejects.toMatchObject({ reason: "full" })
    await expect(ann.person().changeSettings({ theme: "dark" })).rejects.toMatchObject({ reason: "full" })
    await expect(ann.person().editProfile({ displayName: "lost", about: "", passphrase: PASSPHRASE }, NEVER)).rejects.toMatchObject({
      reason: "full",
    })
    expect(await timelineOf(ann)).toEqual(["before"])
    expect(ann.person().me()).toMatchObject({ displayName: "Ann", settings: { theme: "system" } })
    expect(ann.person().people.list()).toMatchObject([{ label: "Ben" }])
    // What others write meanwhile is fetched when there is room again.
    await ben.person().notes.post("meanwhile", undefined)
    const trouble = await eventually(() => events.find((event) => event.type === "trouble"), "the trouble is told")
    expect(trouble).toMatchObject({ message: expect.stringContaining("disk is full") as string })
    expect(ann.person().me().connections.trouble).toContain("disk is full")
    isFull = false
    await ann.person().notes.post("after", undefined)
    await eventually(async () => ((await timelineOf(ann)).includes("meanwhile") ? true : undefined), "what came meanwhile", 20_000)
    expect(await timelineOf(ann)).toEqual(expect.arrayContaining(["after", "before", "meanwhile"]))
    await eventually(() => (ann.person().me().connections.trouble === undefined ? true : undefined), "the trouble is over")
    expect(events.findLast((event) => event.type === "me")).toMatchObject({ me: { connections: { listening: {} } } })
  }, 60_000)

  test("an index that cannot be written is told, and costs no note", async () => {
    const path = await folder()
    const ports = testPorts(path)
    let index: { pragma(source: string, options?: { simple: boolean }): unknown } | undefined
    const openIndex: Storage["openIndex"] = (key) => {
      const opened = ports.storage.openIndex(key)
      index = opened
      return opened
    }
    const ann = await openNode({ ports: { ...ports, storage: { ...ports.storage, openIndex } }, version: "test" })
    cleanups.push(ann)
    await ann.setup({ name: "Ann", passphrase: PASSPHRASE })
    const events = record(ann)
    const pages = Number(index?.pragma("page_count", { simple: true }))
    index?.pragma(`max_page_count = ${pages}`)
    const texts = Array.from({ length: 60 }, (_, i) => `note ${i}`)
    for (const text of texts) {
      const note = await ann.person().notes.post(text, undefined)
      expect(note).toMatchObject({ source: text, author: { you: true }, replyCount: 0 })
    }
    expect(events).toContainEqual({ type: "trouble", message: expect.stringContaining("disk is full") as string })
    expect((await timelineOf(ann)).length).toBeLessThan(60)
    index?.pragma("max_page_count = 1000000")
    await eventually(async () => ((await timelineOf(ann)).length === 60 ? true : undefined), "the index follows")
    expect(await timelineOf(ann)).toEqual(texts.toReversed())
  })
})

describe("people", () => {
  test("of one name are told apart", async () => {
    const ann = await start(await folder(), "Ann")
    const other = await start(await folder(), "Аnn")
    const ben = await start(await folder(), "Ben")
    await follow(ben, ann)
    expect(ben.person().people.list()[0]?.alsoKnownAs).toBeUndefined()
    await follow(ben, other)
    const [one, two] = ben.person().people.list()
    expect(one?.alsoKnownAs).toContain(one?.safetyWords.slice(0, 2).join(" "))
    expect(two?.alsoKnownAs).toContain(two?.safetyWords.slice(0, 2).join(" "))
    expect(one?.alsoKnownAs).not.toBe(two?.alsoKnownAs)
    await ben.person().people.rename(other.person().person, "Ann from work")
    const renamed = ben.person().people.get(other.person().person)
    expect(renamed).toMatchObject({ label: "Ann from work", petname: "Ann from work", alsoKnownAs: "Аnn" })
    expect(await ben.person().people.rename(other.person().person, "")).toMatchObject({ label: "Аnn" })
    await expect(ben.person().people.rename(ben.person().person, "me")).rejects.toMatchObject({ code: "notFound" })
  })

  test("who cannot be reached can be followed, and come in when they are there", async () => {
    const annFolder = await folder()
    const ann = await start(annFolder, "Ann")
    const { link } = ann.person().me().card
    await ann.person().notes.post("hello", undefined)
    await stop(ann)
    const ben = await start(await folder(), "Ben")
    const began = Date.now()
    const view = await ben.person().people.look(link, NEVER)
    expect(Date.now() - began).toBeLessThan(4_000)
    expect(view).toMatchObject({ reachable: false, following: false })
    expect(view.displayName).toBeUndefined()
    const person = await ben.person().people.follow(link, undefined, NEVER)
    expect(person).toMatchObject({ label: "Someone new", following: true })
    const events = record(ben)
    await start(annFolder, "")
    await eventually(async () => ((await timelineOf(ben)).length === 1 ? true : undefined), "the note", 20_000)
    expect(ben.person().people.list()).toMatchObject([{ label: "Ann", connection: "connected" }])
    expect(events.some((event) => event.type === "person" && event.person.label === "Ann")).toBe(true)
  })

  test("somebody else at the card's place is not taken for them", async () => {
    const ann = await start(await folder(), "Ann")
    const ben = await start(await folder(), "Ben")
    const eve = await start(await folder(), "Eve")
    // Ann's card with Eve's place: the key at that place is not Ann's.
    const card = parseCard(ann.person().me().card.link)
    const forged = formatCard({ ...card, hints: parseCard(eve.person().me().card.link).hints })
    expect(await ben.person().people.look(forged, NEVER)).toMatchObject({ reachable: false })
    // Ann's key with Eve's whole door: it can show nothing that Ann did not sign.
    const other = formatCard({ ...parseCard(eve.person().me().card.link), person: card.person })
    const view = await ben.person().people.look(other, NEVER)
    expect(view).toMatchObject({ reachable: true })
    expect(view.displayName).toBeUndefined()
  })
})
