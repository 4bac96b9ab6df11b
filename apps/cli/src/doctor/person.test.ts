import {
  buildKeySchedule,
  formatServerKey,
  type KeyScheduleEntry,
  publicKeyOf,
  type SecretKey,
  signAttestation,
  timestampFromUnixMillis,
} from "@tessera/mosaic"
import { expect, test } from "vitest"
import { examinePerson } from "./person.ts"
import { all, codes, finding, newSecret, quick, TestDht, TestServer, write, wrong } from "./test-server.test-suite.ts"

const person = newSecret()
const key = publicKeyOf(person)

function schedule(devices: readonly SecretKey[], agoMs: number) {
  const entries = devices.map((device): KeyScheduleEntry => ({
    use: "signing",
    key: publicKeyOf(device),
    state: "active",
    since: timestampFromUnixMillis(0),
    attestation: signAttestation(device, key),
  }))
  return buildKeySchedule({ master: person, timestamp: timestampFromUnixMillis(Date.now() - agoMs), entries })
}

const device = newSecret()

test("a person whose two servers agree is well", async () => {
  await using one = await TestServer.start()
  await using two = await TestServer.start({ members: [key] })
  const dht = new TestDht()
  dht.publish({ type: "server", urls: [one.tcp] }, one.secret)
  dht.publish({ type: "server", urls: [two.webSocket] }, two.secret)
  const servers = [
    { usage: 3, serverKey: one.key },
    { usage: 5, serverKey: two.key },
  ]
  dht.publish({ type: "user", servers }, person)
  const records = [schedule([device], 1_000), write(person), write(person, { signer: device })]
  for (const { server } of [one, two]) for (const record of records) expect(await server.submit(record)).toMatchObject({ code: 2 })
  const found = await all(examinePerson({ key, urls: [] }, quick({ dht, allowLocal: true })))
  expect(wrong(found)).toEqual([])
  expect(codes(found).slice(0, 2)).toEqual(["bootstrap", "server-found"])
  expect(codes(found).slice(-2)).toEqual(["schedule-agreed", "records-agreed"])
  expect(finding(found, "bootstrap")?.facts).toMatchObject({ outbox: 2, inbox: 1, encryption: 1 })
  expect(finding(found, "schedule")?.facts).toMatchObject({ active: 1 })
})

test("servers that lack records, or the newest key schedule, are named", async () => {
  await using one = await TestServer.start()
  await using two = await TestServer.start()
  await using bare = await TestServer.start()
  const [old, recent] = [schedule([], 5_000), schedule([device], 1_000)]
  const note = write(person)
  for (const record of [recent, note]) await one.server.submit(record)
  for (const record of [old, note]) await two.server.submit(record)
  const found = await all(examinePerson({ key, urls: [one.tcp, two.tcp, bare.tcp] }, quick()))
  expect(wrong(found)).toEqual(["schedule-missing", "schedule-differs", "records-missing"])
  expect(finding(found, "records-missing")?.facts).toEqual({ missing: 1, of: 1 })
  expect(codes(found)).toContain("dht-unasked")
})

test("a bootstrap without outbox, a server that nobody finds, one that is dead, and one that has dropped the person", async () => {
  await using gone = await TestServer.start({ members: [], roles: ["inbox"] })
  const lost = newSecret()
  const dead = newSecret()
  const dht = new TestDht()
  dht.publish({ type: "server", urls: [gone.tcp] }, gone.secret)
  dht.publish({ type: "server", urls: [{ ...gone.tcp, port: 1 }] }, dead)
  const servers = [gone.key, publicKeyOf(lost), publicKeyOf(dead), publicKeyOf(newSecret())].map((serverKey) => ({ usage: 2, serverKey }))
  const lines = servers.map(({ usage, serverKey }) => `${usage} ${formatServerKey(serverKey)}`)
  dht.publishRaw({ selector: "user", key, sequence: 1n, signature: new Uint8Array(64), text: Buffer.from(["U", ...lines].join("\n")) })
  const found = await all(examinePerson({ key, urls: [] }, quick({ dht, allowLocal: true })))
  expect(wrong(found)).toEqual(["bootstrap-no-outbox", "server-unfound", "unreached", "server-unreached", "server-unfound"])
  expect(codes(found)).toEqual(expect.arrayContaining(["bootstrap-many", "bootstrap-no-encryption", "role-not-seen", "schedule-none"]))
  // Nobody's bootstrap makes us dial our own network.
  expect(codes(await all(examinePerson({ key, urls: [] }, quick({ dht }))))).not.toContain("reached")
  expect(wrong(await all(examinePerson({ key: publicKeyOf(lost), urls: [] }, quick({ dht }))))).toEqual(["bootstrap-missing"])
})
