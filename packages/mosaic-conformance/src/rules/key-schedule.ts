import { concatBytes } from "@tessera/mosaic"
import { expectRecords } from "../cast/expect-records.ts"
import * as schedule from "../cast/key-schedule.ts"
import { PROFILE } from "../cast/kind.ts"
import { freshNonce, Person, present, seconds } from "../cast/person.ts"
import { addressOf, idOf } from "../cast/record.ts"
import { setNewScene } from "../cast/scene.ts"
import { subkey, textTag } from "../cast/tag.ts"
import type { Rule } from "../rule.ts"
import { expectEqual, fail } from "../verdict.ts"
import { zeros } from "../wire/bytes.ts"
import { filter, kinds } from "../wire/filter.ts"

const page = "keyschedule"
/** ACTIVE_NOSTR_KEY, and the number of its algorithm. */
const [NOSTR, SECP256K1] = [0x80, 1]
const { MARKER, scheduleOf, deviceEntry, writeSchedule } = schedule

export const keySchedule: readonly Rule[] = [
  {
    id: "subkey-unknown",
    page: "record#validation",
    level: "SETTLED",
    title: "A subkey whose author's key schedule is not known is UNAUTHORIZED",
    async run(context) {
      const { peer, author } = await setNewScene(context)
      expectEqual(await peer.submit(author.writeByDevice()), "UNAUTHORIZED", "result")
    },
  },
  {
    id: "subkey-other-master",
    page: "record#validation",
    level: "SETTLED",
    title: "Whoever signs for an author with another person's key is UNAUTHORIZED",
    async run(context) {
      const { peer, author } = await setNewScene(context)
      const other = await context.writer()
      await peer.put(scheduleOf(other), scheduleOf(author))
      for (const signer of [other.secret, other.device]) expectEqual(await peer.submit(author.write({ signer })), "UNAUTHORIZED", "result")
    },
  },
  {
    id: "schedule-accepted",
    page,
    level: "MUST",
    title: "A Key Schedule is taken and served",
    async run(context) {
      const { peer, author } = await setNewScene(context)
      const record = scheduleOf(author)
      await peer.put(record)
      expectRecords((await peer.get(idOf(record), addressOf(record))).records.slice(0, 1), [record])
    },
  },
  {
    id: "schedule-all-sorts",
    page: "keyschedule#payload",
    level: "MUST",
    title: "A Key Schedule with keys for encryption, of Nostr, and out of use without a time is taken",
    async run(context) {
      const { peer, author } = await setNewScene(context)
      const keys = [new Person(), new Person()].map(({ key }) => key)
      const entries = [
        deviceEntry(author),
        ...keys.flatMap((key, index) => [
          schedule.entry(2, index === 0 ? MARKER.ACTIVE_ENCRYPTION : MARKER.OUT_OF_USE, 0n, schedule.encryptionKey(key)),
        ]),
        schedule.entry(2, NOSTR, 0n, schedule.encryptionKey(author.deviceKey, SECP256K1)),
      ]
      const record = writeSchedule(author, entries, { tags: [author.deviceKey, ...keys].map(subkey) })
      await peer.put(record)
      expectRecords((await peer.get(addressOf(record))).records, [record])
    },
  },
  {
    id: "subkey-active",
    page,
    level: "MUST",
    title: "A subkey that the author's key schedule lists as active may sign for the author",
    async run(context) {
      const { peer, author, kind } = await setNewScene(context)
      const record = author.writeByDevice({ kind })
      await peer.put(scheduleOf(author), record)
      expectRecords((await peer.query(filter(kinds(kind)))).records, [record])
    },
  },
  {
    id: "subkey-replaces",
    page: "reference",
    level: "MUST",
    title: "A subkey may replace what another subkey, or the master, has written",
    async run(context) {
      const { peer, author, kind } = await setNewScene(context, "replaceable")
      const nonce = freshNonce()
      await peer.put(scheduleOf(author))
      const [byMaster, byDevice, again] = [
        author.write({ kind, nonce }),
        author.writeByDevice({ kind, nonce }),
        author.write({ kind, nonce }),
      ]
      await peer.put(byMaster, byDevice)
      expectRecords((await peer.query(filter(kinds(kind)))).records, [byDevice], [byMaster, byDevice, again])
      await peer.put(again)
      expectRecords((await peer.query(filter(kinds(kind)))).records, [again], [byMaster, byDevice, again])
    },
  },
  {
    id: "subkey-dropped",
    page,
    level: "SETTLED",
    title: "A subkey that the newest key schedule does not list any more is UNAUTHORIZED",
    async run(context) {
      const { peer, author } = await setNewScene(context)
      await peer.put(scheduleOf(author), author.writeByDevice(), writeSchedule(author, [], { tags: [] }))
      expectEqual(await peer.submit(author.writeByDevice()), "UNAUTHORIZED", "result")
    },
  },
  {
    id: "schedule-older",
    page,
    level: "SETTLED",
    title: "An older key schedule that comes later changes nothing",
    async run(context) {
      const { peer, author } = await setNewScene(context)
      const [older, newer] = [scheduleOf(author), writeSchedule(author, [], { tags: [] })]
      await peer.put(newer)
      await peer.submit(older)
      expectEqual(await peer.submit(author.writeByDevice()), "UNAUTHORIZED", "result")
    },
  },
  {
    id: "subkey-out-of-use",
    page,
    level: "SETTLED",
    title: "Of a key out of use, what is dated not after its marker is taken, and what is later is UNAUTHORIZED",
    async run(context) {
      const { peer, author } = await setNewScene(context)
      const at = present() - seconds(1_000)
      await peer.put(scheduleOf(author, MARKER.OUT_OF_USE, at))
      expectEqual(await peer.submit(author.writeByDevice({ timestamp: at })), "ACCEPTED", "dated at the marker")
      expectEqual(await peer.submit(author.writeByDevice({ timestamp: at + 1n })), "UNAUTHORIZED", "dated after it")
    },
  },
  {
    id: "subkey-revoked-all",
    page,
    level: "MUST",
    title: "Nothing signed by a key of REVOKED_ALL is taken",
    async run(context) {
      const { peer, author } = await setNewScene(context)
      await peer.put(scheduleOf(author, MARKER.REVOKED_ALL, present()))
      for (const age of [0, 1e6]) {
        const result = await peer.submit(author.writeByDevice({ timestamp: present() - seconds(age) }))
        if (result === "ACCEPTED" || result === "SUCCESS") fail(`a record of ${age} seconds ago gets ${result}`)
      }
    },
  },
  {
    id: "revoked-all-withdraws",
    page,
    level: "MUST",
    title: "What a key of REVOKED_ALL has signed earlier is not served any more",
    async run(context) {
      const { peer, author, kind } = await setNewScene(context)
      const [own, devices] = [author.write({ kind }), author.writeByDevice({ kind })]
      await peer.put(scheduleOf(author), own, devices, scheduleOf(author, MARKER.REVOKED_ALL, present()))
      expectRecords((await peer.query(filter(kinds(kind)))).records, [own], [own, devices])
      expectRecords((await peer.get(idOf(devices), idOf(own))).records, [own], [own, devices])
      expectRecords((await peer.subscribe(filter(kinds(kind)))).stored, [own], [own, devices])
    },
  },
  {
    id: "revoked-past-keeps",
    page,
    level: "MUST",
    title: "REVOKED_PAST: what was received before its time, and is not dated after it, stays",
    async run(context) {
      const { peer, author, kind } = await setNewScene(context)
      const record = author.writeByDevice({ kind })
      await peer.put(scheduleOf(author), record, scheduleOf(author, MARKER.REVOKED_PAST, present() + seconds(3_600)))
      expectRecords((await peer.query(filter(kinds(kind)))).records, [record])
    },
  },
  {
    id: "revoked-past-withdraws",
    page,
    level: "MUST",
    title: "REVOKED_PAST: what was received after its time is not served any more, whatever its date",
    async run(context) {
      const { peer, author, kind } = await setNewScene(context)
      const at = present() - seconds(3_600)
      const record = author.writeByDevice({ kind, timestamp: at - seconds(10) })
      await peer.put(scheduleOf(author), record, scheduleOf(author, MARKER.REVOKED_PAST, at))
      expectRecords((await peer.query(filter(kinds(kind)))).records, [], [record])
      const result = await peer.submit(author.writeByDevice({ timestamp: at - seconds(20) }))
      if (result === "ACCEPTED" || result === "SUCCESS") fail(`what comes now, dated earlier, gets ${result}`)
    },
  },
  {
    id: "encryption-key-signs-not",
    page,
    level: "MUST",
    title: "A key that is listed for encryption may not sign",
    async run(context) {
      const { peer, author } = await setNewScene(context)
      const listed = schedule.entry(2, MARKER.ACTIVE_ENCRYPTION, 0n, schedule.encryptionKey(author.deviceKey))
      await peer.put(writeSchedule(author, [listed]))
      expectEqual(await peer.submit(author.writeByDevice()), "UNAUTHORIZED", "result")
    },
  },
  {
    id: "schedule-signer",
    page,
    level: "MUST",
    title: "A Key Schedule that is not signed by the master key is refused",
    async run(context) {
      const { peer, author } = await setNewScene(context)
      await peer.put(scheduleOf(author))
      const result = await peer.submit(scheduleOf(author, MARKER.ACTIVE_SIGNING, 0n, { signer: author.device }))
      if (result === "ACCEPTED" || result === "SUCCESS") fail(`it gets ${result}`)
      expectEqual(await peer.submit(author.writeByDevice()), "ACCEPTED", "a record by the device")
    },
  },
  {
    id: "profile-signer",
    page: "identity#master-keys-and-subkeys",
    level: "MUST",
    title: "A Profile that is not signed by the master key is refused",
    async run(context) {
      const { peer, author } = await setNewScene(context)
      await peer.put(scheduleOf(author))
      const result = await peer.submit(author.writeByDevice({ kind: PROFILE }))
      if (result === "ACCEPTED" || result === "SUCCESS") fail(`it gets ${result}`)
    },
  },
  ...malformed(),
]

function malformed(): Rule[] {
  const cases: readonly (readonly [string, string, (author: Person) => Uint8Array])[] = [
    ["tag", "a subkey without its Subkey tag", (author) => scheduleOf(author, MARKER.ACTIVE_SIGNING, 0n, { tags: [textTag("none")] })],
    ["cut", "an entry that is cut off", (author) => writeSchedule(author, [deviceEntry(author).subarray(0, 60)])],
    [
      "kind",
      "an entry of an undefined kind",
      (author) => writeSchedule(author, [schedule.entry(3, 0, 0n, schedule.attestation(author.device, author.key))]),
    ],
    ["marker", "an entry with an undefined marker", (author) => writeSchedule(author, [deviceEntry(author, 0x02)])],
    [
      "attestation-signature",
      "an attestation whose signature does not hold",
      (author) => {
        const block = schedule.attestation(author.device, author.key)
        block[100] = (block[100] ?? 0) ^ 1
        return writeSchedule(author, [schedule.entry(1, MARKER.ACTIVE_SIGNING, 0n, block)])
      },
    ],
    [
      "attestation-master",
      "an attestation for another master key",
      (author) =>
        writeSchedule(author, [schedule.entry(1, MARKER.ACTIVE_SIGNING, 0n, schedule.attestation(author.device, new Person().key))]),
    ],
    [
      "attestation-magic",
      "an attestation that begins with other bytes",
      (author) => {
        const block = concatBytes(zeros(5), schedule.attestation(author.device, author.key).subarray(5))
        return writeSchedule(author, [schedule.entry(1, MARKER.ACTIVE_SIGNING, 0n, block)])
      },
    ],
    [
      "attestation-algorithm",
      "an attestation of a reserved algorithm",
      (author) => {
        const block = schedule.attestation(author.device, author.key)
        block[5] = 2
        return writeSchedule(author, [schedule.entry(1, MARKER.ACTIVE_SIGNING, 0n, block)])
      },
    ],
    [
      "attestation-length",
      "an attestation whose signature has another length than 64",
      (author) => {
        const block = schedule.attestation(author.device, author.key)
        block[6] = 56
        return writeSchedule(author, [schedule.entry(1, MARKER.ACTIVE_SIGNING, 0n, block)])
      },
    ],
    [
      "attestation-other-signer",
      "an attestation that another than the subkey has signed",
      (author) => {
        const block = schedule.attestation(author.device, author.key)
        block.set(schedule.attestation(author.secret, author.key).subarray(72), 72)
        return writeSchedule(author, [schedule.entry(1, MARKER.ACTIVE_SIGNING, 0n, block)])
      },
    ],
    [
      "encryption-magic",
      "encryption key data that begins with other bytes",
      (author) => {
        const block = concatBytes(zeros(5), schedule.encryptionKey(author.deviceKey).subarray(5))
        return writeSchedule(author, [schedule.entry(2, MARKER.ACTIVE_ENCRYPTION, 0n, block)])
      },
    ],
    [
      "encryption-algorithm",
      "encryption key data of a reserved algorithm",
      (author) => writeSchedule(author, [schedule.entry(2, MARKER.ACTIVE_ENCRYPTION, 0n, schedule.encryptionKey(author.deviceKey, 2))]),
    ],
    [
      "zero-byte",
      "a second byte that is not zero",
      (author) => {
        const bytes = deviceEntry(author)
        bytes[1] = 1
        return writeSchedule(author, [bytes])
      },
    ],
    ["revocation-time", "a revocation without a time", (author) => scheduleOf(author, MARKER.REVOKED_ALL, 0n)],
    [
      "zeros",
      "bytes that must be zero and are not",
      (author) => {
        const bytes = deviceEntry(author)
        bytes[6] = 1
        return writeSchedule(author, [bytes])
      },
    ],
  ]
  return cases.map(([id, title, make]) => ({
    id: `schedule-invalid-${id}`,
    page: id.startsWith("encryption")
      ? `${page}#encryption-key-data`
      : id.startsWith("attestation")
        ? `${page}#subkey-attestation`
        : id === "tag"
          ? `${page}#tags`
          : `${page}#payload`,
    level: "MUST",
    title: `A Key Schedule is invalid, and refused, with ${title}`,
    async run(context) {
      const { peer, author } = await setNewScene(context)
      expectEqual(await peer.submit(make(author)), "INVALID", "result")
      expectEqual(await peer.submit(author.write({ tags: [subkey(author.deviceKey)] })), "ACCEPTED", "a note with the same tag")
    },
  }))
}
