import { HOME, parsePublicKey, parseSecretKey, publicKeyOf, readHome, timestampFromUnixMillis } from "@tessera/mosaic"
import type { PublicKey, SecretKey, VerifiedRecord } from "@tessera/mosaic"
import { openMemoryStore } from "@tessera/mosaic-server"
import { afterEach, describe, expect, test } from "vitest"
import { systemClock, tcpNetwork } from "../adapters/adapters.ts"
import { doorAddress, doorWords, parseCard } from "../card/card.ts"
import { openDoor } from "../door/door.ts"
import { announceHome, deriveHomeKey, doorPorts } from "../keys/keys.ts"
import type { Node } from "../node.ts"
import type { Network, Ports } from "../ports.ts"
import { openVault } from "../vault/vault.ts"
import { eventually, PASSPHRASE, startPerson, testFolder, testPorts, timelineOf } from "./harness.test-suite.ts"

const cleanups: AsyncDisposable[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup[Symbol.asyncDispose]()
  onions.clear()
})

async function folder(): Promise<string> {
  const made = await testFolder()
  cleanups.push(made)
  return made.path
}

/** Stands for Tor: leads from the address of a door to where it listens. */
const onions = new Map<string, number>()
const network: Network = {
  ...tcpNetwork,
  localAddresses: () => [],
  dialsOnions: true,
  async dial(options) {
    if (!options.host.endsWith(".onion")) return tcpNetwork.dial(options)
    expect(options.port).toBe(1320)
    const port = onions.get(options.host)
    if (port === undefined) throw new Error("nothing is published there")
    return tcpNetwork.dial({ ...options, host: "127.0.0.1", port })
  },
}

async function start(path: string, name: string, change: Partial<Ports> = {}): Promise<Node> {
  const node = await startPerson(path, name, { ports: testPorts(path, { network, ...change }) })
  cleanups.push(node)
  publish(node)
  return node
}

function publish(node: Node): void {
  const { card, connections } = node.person().me()
  if (connections.listening !== undefined) onions.set(card.address, connections.listening.port)
}

const stop = async (node: Node): Promise<void> => {
  cleanups.splice(cleanups.indexOf(node), 1)
  onions.delete(node.person().me().card.address)
  await node[Symbol.asyncDispose]()
}

const SOON = (): AbortSignal => AbortSignal.timeout(10_000)
const look = (node: Node, text: string) => node.person().people.look(text, SOON())
const followBy = (node: Node, text: string) => node.person().people.follow(text, undefined, SOON())
const reads = (node: Node, text: string) => async (): Promise<true | undefined> =>
  (await timelineOf(node)).includes(text) ? true : undefined

describe("a door found by its key alone", () => {
  test("says whose it is: words and address lead to the same person as the card", async () => {
    const ann = await start(await folder(), "Ann")
    const ben = await start(await folder(), "Ben")
    const { card } = ann.person().me()
    const byCard = await look(ben, card.link)
    expect(await look(ben, card.words.map((word, index) => `${index + 1}. ${word.toUpperCase()}`).join("\n"))).toEqual(byCard)
    expect(await look(ben, `http://${card.address}/`)).toEqual(byCard)
    expect(byCard).toMatchObject({ displayName: "Ann", reachable: true, following: false })
    await ann.person().notes.post("Hello by words", undefined)
    expect(await followBy(ben, card.words.join(" "))).toMatchObject({ label: "Ann", following: true })
    await eventually(reads(ben, "Hello by words"), "the note comes in by the door's address")
    // The card of somebody known by words is theirs.
    expect(await look(ben, card.link)).toMatchObject({ following: true })
  })

  test("is one's own, or silent, or nameless: each is said", async () => {
    const ann = await start(await folder(), "Ann")
    const ben = await start(await folder(), "Ben")
    const own = ben.person().me().card
    for (const text of [own.words.join(" "), own.address, own.link])
      await expect(look(ben, text), text).rejects.toMatchObject({ code: "ownCard" })
    const { card } = ann.person().me()
    await stop(ann)
    await expect(look(ben, card.words.join(" "))).rejects.toMatchObject({
      code: "noAnswer",
      message: expect.stringContaining("Nobody answers") as string,
    })
    await expect(followBy(ben, card.address)).rejects.toMatchObject({ code: "noAnswer" })
    expect(ben.person().people.list()).toEqual([])
    // The whole card can be added all the same.
    expect(await look(ben, card.link)).toMatchObject({ reachable: false })
    const nameless = await oldDoor(parseSecretKey(new Uint8Array(32).fill(9)), parseCard(card.link).person, [])
    await expect(look(ben, doorWords(nameless).join(" "))).rejects.toMatchObject({
      message: expect.stringContaining("does not say who") as string,
    })
  })

  test("is not reached without Tor, and no name of it is looked up", async () => {
    const ann = await start(await folder(), "Ann")
    const ben = await start(await folder(), "Ben", { network: { ...tcpNetwork, localAddresses: () => [] } })
    await expect(look(ben, ann.person().me().card.address)).rejects.toMatchObject({ code: "noAnswer" })
    const { door } = parseCard(ann.person().me().card.link)
    await expect(tcpNetwork.dial({ host: doorAddress(door), port: 1320, serverKey: door, signal: SOON() })).rejects.toThrow(
      "not dialled by TCP",
    )
  })
})

describe("a home that was renewed", () => {
  test("is found by old cards, words and readers, as long as the old door answers; nothing is lost on the way", async () => {
    const annFolder = await folder()
    let ann = await start(annFolder, "Ann")
    const ben = await start(await folder(), "Ben")
    const { card: oldCard } = ann.person().me()
    await followBy(ben, oldCard.link)
    await ann.person().notes.post("From the old home", undefined)
    await eventually(reads(ben, "From the old home"), "Ben reads Ann")
    await stop(ann)

    const before = await renew(annFolder)
    ann = await start(annFolder, "Ann")
    const { card: newCard } = ann.person().me()
    expect(newCard.address).not.toBe(oldCard.address)
    const newPort = onions.get(newCard.address)
    // The new door is not there at first: Ben stays at the old one.
    onions.delete(newCard.address)
    await oldDoor(before.door, before.person, before.records, parseCard(oldCard.link).hints[0]?.port)
    await ann.person().notes.post("From the new home", undefined)
    await eventually(
      () => (ben.person().people.list()[0]?.connection === "connected" ? true : undefined),
      "Ben is back at the old door",
      20_000,
    )
    expect(await timelineOf(ben)).toEqual(["From the old home"])

    // Somebody new, with nothing but the old words or the old card.
    if (newPort !== undefined) onions.set(newCard.address, newPort)
    for (const [name, old] of [
      ["Cid", oldCard.words.join(" ")],
      ["Dan", oldCard.link],
    ] as const) {
      const other = await start(await folder(), name)
      expect(await look(other, old)).toMatchObject({ displayName: "Ann" })
      await followBy(other, old)
      await eventually(reads(other, "From the new home"), `${name} finds the new home`, 15_000)
    }
  }, 60_000)

  test("takes readers along, who stay when the old door is gone, also after a restart", async () => {
    const annFolder = await folder()
    let ann = await start(annFolder, "Ann")
    const benFolder = await folder()
    let ben = await start(benFolder, "Ben")
    const { card: oldCard } = ann.person().me()
    await followBy(ben, oldCard.link)
    await stop(ann)
    const before = await renew(annFolder)
    ann = await start(annFolder, "Ann")
    const old = await oldDoor(before.door, before.person, before.records, parseCard(oldCard.link).hints[0]?.port)
    await ann.person().notes.post("one", undefined)
    await eventually(reads(ben, "one"), "Ben goes along", 20_000)
    await close(old)
    await stop(ben)
    ben = await start(benFolder, "Ben")
    await ann.person().notes.post("two", undefined)
    await eventually(reads(ben, "two"), "Ben reads at the new door")
    expect(ben.person().people.list()).toMatchObject([{ label: "Ann" }])
  }, 60_000)
})

/** Raises the number of the home in a vault, as the removal of a device does. Gives what the old door goes on serving. */
async function renew(
  path: string,
): Promise<{ readonly door: SecretKey; readonly person: PublicKey; readonly records: readonly VerifiedRecord[] }> {
  const ports = testPorts(path)
  const opened = await openVault(ports).unlock(PASSPHRASE)
  if (!opened.ok) throw new Error(opened.reason)
  using vault = opened.vault
  const { person } = vault.secrets
  const door = parseSecretKey(vault.secrets.door)
  const signed = await vault.withMaster(PASSPHRASE, (master) => ({
    home: announceHome(master, 1, timestampFromUnixMillis(Date.now())),
    door: deriveHomeKey(master, "door", 1),
  }))
  if (!signed.ok) throw new Error(signed.reason)
  const recordsKey = vault.keyFor("records")
  await using store = await ports.storage.openRecords(recordsKey)
  await store.put([signed.value.home])
  const [doorPort = 0] = doorPorts(signed.value.door)
  await vault.updateSecrets({ homeNumber: 1, door: signed.value.door, doorPort })
  const { records } = await store.query({ authors: [person] }, { limit: 100 })
  const found = records.map(({ record }) => record)
  expect(found.filter(({ kind }) => kind === HOME).map(readHome)).toMatchObject([{ number: 1, former: [{}] }])
  return { door, person: parsePublicKey(person), records: found }
}

const doors = new Map<PublicKey, AsyncDisposable>()

/** A door that goes on, with what it has to serve. Gives its key. */
async function oldDoor(doorKey: SecretKey, owner: PublicKey, records: readonly VerifiedRecord[], port?: number): Promise<PublicKey> {
  const store = openMemoryStore({ now: () => timestampFromUnixMillis(Date.now()) })
  if (records.length > 0) await store.put(records)
  const ports = { clock: systemClock, network }
  const door = await openDoor({
    ports,
    records: store,
    owner,
    doorKey,
    ...(port === undefined ? {} : { port }),
    onPortChosen: async () => undefined,
  })
  const publicKey = publicKeyOf(doorKey)
  cleanups.push(door)
  doors.set(publicKey, door)
  onions.set(doorAddress(publicKey), door.port ?? 0)
  return publicKey
}

async function close(publicKey: PublicKey): Promise<void> {
  const door = doors.get(publicKey)
  if (door === undefined) throw new Error("no such door")
  cleanups.splice(cleanups.indexOf(door), 1)
  onions.delete(doorAddress(publicKey))
  await door[Symbol.asyncDispose]()
}
