import { type Message, type PublicKey, type ResultName, type VerifiedRecord, RESULT, makeKind, resultName } from "@tessera/mosaic"
import { describe, expect, it } from "vitest"
import { Addresses } from "../transport/addresses.ts"
import { openMemoryStore } from "../store/memory.ts"
import { type RecordStore, StorageError } from "../store/port.ts"
import { NOON, later, persona, write } from "../testing/personas.test-suite.ts"
import type { RawPeer } from "../testing/raw-peer.test-suite.ts"
import { TcpRig, credentials } from "../testing/tcp-rig.test-suite.ts"
import { allOf } from "./all-of.ts"
import { type BanSubject, BanList } from "./ban-list.ts"
import { banCode, bansPolicy } from "./bans.ts"
import { parseIpRange } from "./ip-address.ts"
import { MemberList } from "./members.ts"
import { DEFAULT_RATES, ratesPolicy } from "./rates.ts"
import { rolesPolicy } from "./roles.ts"
import { sizePolicy } from "./size.ts"

// Every code of the specification, and how it is provoked over a real connection to a server that has all policies.

const ann = persona(1)
const stranger = persona(2)
const now = () => NOON

class Host {
  readonly bans = new BanList(now)
  readonly rig: TcpRig
  readonly store: RecordStore

  constructor({ burst = 1_000, store = openMemoryStore({ now }) }: { burst?: number; store?: RecordStore } = {}) {
    const limit = { burst, perSecond: 1 }
    this.store = store
    const policy = allOf(
      bansPolicy(this.bans),
      sizePolicy({ recordBytes: 10_000 }),
      ratesPolicy({ ...DEFAULT_RATES, now, address: { submission: limit, query: limit } }),
      rolesPolicy({ roles: new Set(["outbox", "inbox"]), members: new MemberList([ann.key]) }),
    )
    const refusal = (address: string) => {
      const ban = this.bans.ofAddress(address)
      return ban === undefined ? undefined : banCode(ban)
    }
    this.rig = new TcpRig({ addresses: new Addresses({ refusal }) }, { policy, store })
  }

  async listen(): Promise<this> {
    await this.rig.listen()
    return this
  }

  async peer(as?: typeof ann): Promise<RawPeer> {
    return this.rig.peer(as === undefined ? {} : credentials(as))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rig[Symbol.asyncDispose]()
  }
}

const resultOf = (message: Message | undefined): string =>
  message !== undefined && "result" in message ? resultName(message.result) : (message?.type ?? "the end")

async function submit(peer: RawPeer, record: VerifiedRecord | Uint8Array): Promise<string> {
  const bytes = record instanceof Uint8Array ? record : record.bytes
  return resultOf((await peer.ask({ type: "submission", record: bytes }, "submissionResult")).at(-1))
}

const query = async (peer: RawPeer, message: Message): Promise<string> => resultOf((await peer.ask(message, "queryClosed")).at(-1))

async function submitted(host: Host, record: VerifiedRecord | Uint8Array, as?: typeof ann): Promise<string> {
  return submit(await (await host.peer(as)).greet(), record)
}

const EPHEMERAL = makeKind({ application: 99, number: 4, handling: "ephemeral", readers: "everybody" })
const key = (who: PublicKey): BanSubject => ({ type: "key", key: who })
const address = (text: string): BanSubject => ({ type: "address", range: parseIpRange(text) ?? expect.fail(text) })

/** What somebody reads first who is banned when they come. */
async function turnedAway(host: Host, subject: BanSubject, until: typeof NOON | undefined): Promise<string> {
  host.bans.add({ subject, until })
  return resultOf(await (await host.peer(ann)).next())
}

/** A store whose disk refuses. */
function failing(error: Error): RecordStore {
  const store = openMemoryStore({ now })
  store.put = async () => {
    throw error
  }
  return store
}

const PROVOKED: Readonly<Record<ResultName, ((host: Host) => Promise<string>) | "never sent">> = {
  UNDEFINED: "never sent",
  SUCCESS: async (host) =>
    query(await (await host.peer()).greet(), { type: "query", queryId: 1, limit: 0, filter: { authors: [ann.key] } }),
  ACCEPTED: (host) => submitted(host, write(ann)),
  DUPLICATE: async (host) => {
    const note = write(ann)
    await submitted(host, note)
    return submitted(host, note)
  },
  NO_CONSUMERS: (host) => submitted(host, write(ann, { kind: EPHEMERAL })),
  NOT_FOUND: async (host) => query(await (await host.peer()).greet(), { type: "get", queryId: 1, references: [write(ann).id] }),
  REQUIRES_AUTHENTICATION: (host) => submitted(host, write(ann, { fromAuthor: true })),
  UNAUTHORIZED: (host) => submitted(host, write(stranger)),
  INVALID: (host) => submitted(host, new Uint8Array(300)),
  TOO_OPEN: async (host) => query(await (await host.peer()).greet(), { type: "query", queryId: 1, limit: 0, filter: {} }),
  TOO_LARGE: (host) => submitted(host, write(ann, { payload: new Uint8Array(10_000) })),
  TOO_FAST: async () => {
    await using host = await new Host({ burst: 2 }).listen()
    // From two connections: what counts is their address.
    await submitted(host, write(ann))
    await submitted(host, write(ann), ann)
    return await submitted(host, write(ann))
  },
  IP_TEMP_BANNED: (host) => turnedAway(host, address("127.0.0.0/8"), later(60)),
  IP_PERM_BANNED: (host) => turnedAway(host, address("127.0.0.1"), undefined),
  PUBKEY_TEMP_BANNED: (host) => turnedAway(host, key(ann.key), later(60)),
  PUBKEY_PERM_BANNED: (host) => turnedAway(host, key(ann.key), undefined),
  SHUTTING_DOWN: async (host) => {
    const peer = await (await host.peer()).greet()
    void host.rig.server.close()
    return resultOf(await peer.next())
  },
  TEMPORARY_ERROR: async () => {
    await using host = await new Host({ store: failing(new StorageError("full", "full")) }).listen()
    return await submitted(host, write(ann))
  },
  PERSISTENT_ERROR: async () => {
    await using host = await new Host({ store: failing(new StorageError("readOnly", "read-only")) }).listen()
    return await submitted(host, write(ann))
  },
  // Whatever goes wrong has a more telling code.
  GENERAL_ERROR: "never sent",
}

describe("each result code", () => {
  for (const [name, provoke] of Object.entries(PROVOKED)) {
    if (provoke === "never sent") continue
    it(name, async () => {
      await using host = await new Host().listen()
      expect(await provoke(host)).toBe(name)
    })
  }

  it("is in this table", () => {
    expect(Object.keys(PROVOKED)).toEqual(Object.keys(RESULT))
  })
})

describe("a ban", () => {
  it("reaches those who are here, by address, key, and a subkey's master; others stay", async () => {
    await using host = await new Host().listen()
    const [anonymous, asAnn, asOther] = [
      await (await host.peer()).greet(),
      await (await host.peer(ann)).greet(),
      await (await host.peer(stranger)).greet(),
    ]
    host.bans.add({ subject: key(ann.key), until: later(60) })
    expect(resultOf(await asAnn.next())).toBe("PUBKEY_TEMP_BANNED")
    expect(await asAnn.next()).toBeUndefined()
    expect([await anonymous.arrived(), await asOther.arrived()]).toEqual([[], []])
    host.bans.add({ subject: address("127.0.0.1"), until: undefined })
    expect([resultOf(await anonymous.next()), resultOf(await asOther.next())]).toEqual(["IP_PERM_BANNED", "IP_PERM_BANNED"])
    expect(resultOf(await (await host.peer()).next())).toBe("IP_PERM_BANNED")
  })

  it("of an author holds for their records, whoever brings them", async () => {
    await using host = await new Host().listen()
    host.bans.add({ subject: key(ann.key), until: undefined })
    expect(await submitted(host, write(ann), stranger)).toBe("PUBKEY_PERM_BANNED")
    expect(host.bans.remove(key(ann.key))).toBe(true)
    expect(await submitted(host, write(ann), stranger)).toBe("ACCEPTED")
  })

  it("holds for a banned address whatever it sends first, and lets it hear why", async () => {
    await using host = await new Host().listen()
    host.bans.add({ subject: address("127.0.0.1"), until: undefined })
    const peer = await host.peer()
    peer.send({ type: "hello", version: 0, applications: [] }, { type: "submission", record: write(ann).bytes })
    expect(resultOf(await peer.next())).toBe("IP_PERM_BANNED")
    expect(host.rig.server.stats().connections).toBe(0)
  })
})
