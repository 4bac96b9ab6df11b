import { afterEach, describe, expect, test } from "vitest"
import type { Note } from "../api/contract.ts"
import type { Node } from "../node.ts"
import { eventually, follow, record, startPerson, testFolder, timelineOf } from "./harness.test-suite.ts"

const cleanups: AsyncDisposable[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup[Symbol.asyncDispose]()
})

async function start(name: string): Promise<{ node: Node; path: string }> {
  const folder = await testFolder()
  cleanups.push(folder)
  const node = await startPerson(folder.path, name)
  cleanups.push(node)
  return { node, path: folder.path }
}

const stop = async (node: Node): Promise<void> => {
  cleanups.splice(cleanups.indexOf(node), 1)
  await node[Symbol.asyncDispose]()
}

const textOf = ({ parts }: Note): string => parts.map(({ text }) => text).join("")

async function found(node: Node, text: string): Promise<Note> {
  return eventually(async () => {
    const { notes } = await node.person().notes.page(undefined, 100)
    return notes.find((note) => textOf(note) === text)
  }, `"${text}" in the timeline`)
}

describe("threads", () => {
  test("an answer reaches somebody who does not follow its author, and their answer comes back", async () => {
    const { node: ann } = await start("Ann")
    const { node: ben } = await start("Ben")
    await follow(ben, ann)
    const root = await ann.person().notes.post("Who comes?", undefined)
    const seen = await found(ben, "Who comes?")
    expect(seen.address).toBe(root.address)
    const events = record(ann)
    await ben.person().notes.post("I do", seen.address)
    const answer = await found(ann, "I do")
    expect(answer).toMatchObject({
      author: { label: "Ben", following: false },
      replyTo: root.address,
      root: root.address,
      replyToAuthor: { you: true },
    })
    await eventually(
      () => events.find((event) => event.type === "note" && event.note.address === root.address && event.note.replyCount === 1),
      "the count",
    )
    const back = await ann.person().notes.post("Good", answer.address)
    expect(back).toMatchObject({ replyTo: answer.address, root: root.address })
    await found(ben, "Good")
    for (const node of [ann, ben]) {
      const thread = await node.person().notes.thread(answer.address)
      expect(thread.root).toMatchObject({ address: root.address, replyCount: 1 })
      expect(thread.replies.map(textOf)).toEqual(["I do", "Good"])
    }
  })

  test("a follower sees the whole thread, with people whom they do not know", async () => {
    const { node: ann } = await start("Ann")
    const { node: ben } = await start("Ben")
    const { node: cem } = await start("Cem")
    await follow(ben, ann)
    await follow(cem, ann)
    const root = await ann.person().notes.post("Question", undefined)
    await found(ben, "Question")
    await found(cem, "Question")
    await ben.person().notes.post("Answer by Ben", root.address)
    const replies = await eventually(async () => {
      const thread = await cem.person().notes.thread(root.address)
      return thread.replies.length === 1 ? thread.replies : undefined
    }, "the answer in the thread")
    expect(replies[0]).toMatchObject({ author: { label: "Ben", following: false } })
    // Cem follows neither Ben, nor does Ben answer Cem.
    expect(await timelineOf(cem)).toEqual(["Question"])
    // Cem answers Ben, whose door is not known to Cem: it comes by Ann's thread.
    await cem.person().notes.post("Answer by Cem", replies[0]?.address)
    const answer = await found(ben, "Answer by Cem")
    expect(answer).toMatchObject({ author: { label: "Cem" }, replyToAuthor: { you: true } })
  })

  test("an answer waits for somebody who is away, through a restart of its author", async () => {
    const { node: ann, path: annPath } = await start("Ann")
    const { node: first, path } = await start("Ben")
    await follow(first, ann)
    const root = await ann.person().notes.post("Are you there?", undefined)
    await found(first, "Are you there?")
    await stop(ann)
    await first.person().notes.post("Yes", root.address)
    await stop(first)
    const ben = await startPerson(path, "")
    cleanups.push(ben)
    const back = await startPerson(annPath, "")
    cleanups.push(back)
    await found(back, "Yes")
    // Once, also when it is brought again.
    expect((await back.person().notes.thread(root.address)).replies).toHaveLength(1)
  })

  test("an edit is seen everywhere and keeps what was before", async () => {
    const { node: ann } = await start("Ann")
    const { node: ben } = await start("Ben")
    await follow(ben, ann)
    const note = await ann.person().notes.post("Helo", undefined)
    await found(ben, "Helo")
    const edited = await ann.person().notes.edit(note.address, "Hello")
    expect(edited).toMatchObject({ address: note.address, createdAt: note.createdAt, source: "Hello" })
    expect(edited.editedAt).toBeGreaterThan(note.createdAt)
    const seen = await found(ben, "Hello")
    expect(seen.address).toBe(note.address)
    expect(seen.createdAt).toBe(note.createdAt)
    expect(await timelineOf(ben)).toEqual(["Hello"])
    for (const node of [ann, ben]) {
      const { versions } = await node.person().notes.history(note.address)
      expect(versions.map(({ parts }) => parts.map(({ text }) => text).join(""))).toEqual(["Hello", "Helo"])
    }
    await expect(ben.person().notes.edit(note.address, "Mine")).rejects.toMatchObject({ code: "notYours" })
    // An answer that is edited is brought to whom it answers again.
    const answer = await ben.person().notes.post("Hi", note.address)
    await found(ann, "Hi")
    await ben.person().notes.edit(answer.address, "Hi Ann")
    expect((await found(ann, "Hi Ann")).address).toBe(answer.address)
  })

  test("who is no longer followed is gone from the timeline, and comes back with it", async () => {
    const { node: ann } = await start("Ann")
    const { node: ben } = await start("Ben")
    await follow(ben, ann)
    await ann.person().notes.post("before", undefined)
    await found(ben, "before")
    const events = record(ben)
    const key = ben.person().people.list()[0]
    await ben.person().people.unfollow(ann.person().person)
    expect(events).toContainEqual({ type: "unfollowed", person: key?.person })
    expect(ben.person().people.list()).toEqual([])
    expect(await timelineOf(ben)).toEqual([])
    await ann.person().notes.post("meanwhile", undefined)
    await ben.person().notes.post("own", undefined)
    expect(await timelineOf(ben)).toEqual(["own"])
    await follow(ben, ann)
    await found(ben, "meanwhile")
    expect(await timelineOf(ben)).toEqual(["own", "meanwhile", "before"])
  })
})
