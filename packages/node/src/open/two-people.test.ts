import { afterEach, describe, expect, test } from "vitest"
import type { Node } from "../node.ts"
import { eventually, follow, record, startPerson, testFolder, timelineOf } from "./harness.test-suite.ts"

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

const has = (node: Node, text: string) => async (): Promise<true | undefined> =>
  (await timelineOf(node)).includes(text) ? true : undefined

describe("two people on one network", () => {
  test("meet by a card and read each other, at once and both ways", async () => {
    const ann = await start(await folder(), "Ann")
    const ben = await start(await folder(), "Ben")
    const view = await ben.person().people.look(ann.person().me().card.link, AbortSignal.timeout(5_000))
    expect(view).toMatchObject({ displayName: "Ann", reachable: true, following: false })
    expect(view.safetyWords).toHaveLength(6)
    await follow(ben, ann)
    await follow(ann, ben)
    expect(ben.person().people.list()).toMatchObject([{ label: "Ann", following: true }])
    expect(ann.person().people.list()[0]?.safetyWords).toEqual(view.safetyWords)
    await eventually(() => (ben.person().people.list()[0]?.connection === "connected" ? true : undefined), "Ben is connected")
    await eventually(() => (ann.person().people.list()[0]?.connection === "connected" ? true : undefined), "Ann is connected")
    const events = record(ben)
    const before = Date.now()
    await ann.person().notes.post("Hello Ben", undefined)
    const event = await eventually(() => events.find((candidate) => candidate.type === "note"), "the note arrives", 2_000)
    expect(Date.now() - before).toBeLessThan(1_000)
    expect(event).toMatchObject({ note: { parts: [{ text: "Hello Ben" }], author: { label: "Ann", following: true, you: false } } })
    await ben.person().notes.post("Hello Ann", undefined)
    await eventually(has(ann, "Hello Ann"), "the other way")
    expect(await timelineOf(ben)).toEqual(["Hello Ann", "Hello Ben"])
    expect(await timelineOf(ann)).toEqual(["Hello Ann", "Hello Ben"])
  })

  test("find everything again after restarts, and what was posted meanwhile, once", async () => {
    const annFolder = await folder()
    const benFolder = await folder()
    let ann = await start(annFolder, "Ann")
    let ben = await start(benFolder, "Ben")
    await follow(ben, ann, "Annie")
    await ann.person().notes.post("one", undefined)
    await eventually(has(ben, "one"), "the first note")
    const { card } = ann.person().me()
    await stop(ben)
    for (const text of ["two", "three", "four"]) await ann.person().notes.post(text, undefined)
    await stop(ann)
    ann = await start(annFolder, "")
    expect(ann.person().me().card).toEqual(card)
    expect(await timelineOf(ann)).toEqual(["four", "three", "two", "one"])
    ben = await start(benFolder, "")
    await eventually(has(ben, "four"), "what was posted meanwhile")
    await ann.person().notes.post("five", undefined)
    await eventually(has(ben, "five"), "what is posted now")
    expect(await timelineOf(ben)).toEqual(["five", "four", "three", "two", "one"])
    expect(ben.person().people.list()).toMatchObject([{ label: "Annie", petname: "Annie", alsoKnownAs: "Ann" }])
    // The other one restarts while this one keeps running.
    await stop(ann)
    await eventually(() => (ben.person().people.list()[0]?.connection === "unreachable" ? true : undefined), "Ann is gone")
    ann = await start(annFolder, "")
    await ann.person().notes.post("six", undefined)
    await eventually(has(ben, "six"), "after the other's restart", 15_000)
    expect(await timelineOf(ben)).toEqual(["six", "five", "four", "three", "two", "one"])
  })
})
